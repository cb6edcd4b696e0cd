package io.gridset.server.peer;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Members that reach each other in this process, with faults. Silence is told at once, as if the
/// patience had passed; a member at work says so every few milliseconds.
final class TestNetwork {
  static final int CHUNK = 8 << 10;

  /// How a member is.
  enum State {
    WELL,
    /// It accepts connections and says nothing.
    FROZEN,
    /// It is silent for a moment, then answers.
    LATE,
    /// It refuses connections.
    DEAD
  }

  /// What happens to a body.
  enum Fault {
    NONE,
    BREAK,
    STALL,
    FLIP
  }

  /// Decides, for each body that a member sends.
  interface Faults {
    Fault of(String from, BlockRequest request);
  }

  /// A request that was sent.
  record Asked(String by, String whom, BlockRequest request) {}

  private final Map<PeerAddress, String> ids = new ConcurrentHashMap<>();
  private final Map<String, PeerService> services = new ConcurrentHashMap<>();
  private final Map<String, State> states = new ConcurrentHashMap<>();
  final Map<String, String> redirects = new ConcurrentHashMap<>();
  final List<Asked> asked = new CopyOnWriteArrayList<>();
  final AtomicInteger heartbeats = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  volatile Faults faults = (_, _) -> Fault.NONE;

  static PeerAddress address(String id) {
    return new PeerAddress(id, 5801);
  }

  void add(String id, PeerService service) {
    ids.put(address(id), id);
    services.put(id, service);
    states.put(id, State.WELL);
  }

  void set(String id, State state) {
    states.put(id, state);
  }

  State state(String id) {
    return states.getOrDefault(id, State.DEAD);
  }

  long askedOf(String id) {
    return asked.stream().filter(one -> one.whom().equals(id)).count();
  }

  Peers peersOf(String id) {
    return new Link(id);
  }

  private String reach(String self, PeerAddress member) throws StorageException {
    String id = ids.get(member);
    if (id == null || state(id) == State.DEAD || state(self) == State.DEAD) {
      throw StorageException.retryable(Kind.UNAVAILABLE, member + " refuses the connection");
    }
    return id;
  }

  private final class Link implements Peers {
    private final String self;

    Link(String self) {
      this.self = self;
    }

    @Override
    public BlockExchange ask(PeerAddress member, BlockRequest request, Duration patience)
        throws StorageException {
      String id = reach(self, member);
      asked.add(new Asked(self, id, request));
      open.incrementAndGet();
      return new Exchange(self, id, request);
    }

    @Override
    public Presence presence(PeerAddress member, FileVersion version, Duration patience)
        throws StorageException {
      ping(member, patience);
      return services.get(reach(self, member)).presence(version);
    }

    @Override
    public void ping(PeerAddress member, Duration patience) throws StorageException {
      if (state(reach(self, member)) == State.FROZEN) {
        throw StorageException.retryable(Kind.TIMED_OUT, member + " is silent");
      }
    }

    @Override
    public byte[] call(PeerAddress member, String operation, byte[] request, Duration patience)
        throws StorageException {
      throw StorageException.of(Kind.UNSUPPORTED, "no operations here");
    }

    @Override
    public void close() {}
  }

  private final class Exchange implements BlockExchange {
    private final String self;
    private final String member;
    private final BlockRequest request;
    private final CompletableFuture<BlockReply> answer = new CompletableFuture<>();
    private @Nullable HeldBlock block;
    private boolean closed;
    private boolean begun;
    private boolean serving;

    Exchange(String self, String member, BlockRequest request) {
      this.self = self;
      this.member = member;
      this.request = request;
    }

    @Override
    public BlockReply next(Duration patience) throws StorageException {
      requireOpen();
      if (state(member) == State.FROZEN) {
        return new BlockReply.Silent();
      }
      if (!begun) {
        begun = true;
        if (state(member) == State.LATE) {
          return new BlockReply.Silent();
        }
      }
      if (!serving) {
        serving = true;
        Thread.ofVirtual().name("serve-" + member).start(this::serve);
      }
      try {
        BlockReply reply = answer.get(5, TimeUnit.MILLISECONDS);
        requireOpen();
        return state(member) == State.FROZEN ? new BlockReply.Silent() : reply;
      } catch (TimeoutException e) {
        requireOpen();
        heartbeats.incrementAndGet();
        return state(member) == State.FROZEN ? new BlockReply.Silent() : new BlockReply.AtIt();
      } catch (InterruptedException | ExecutionException e) {
        throw StorageException.of(Kind.CANCELLED, "the test ended", e);
      }
    }

    private void requireOpen() throws StorageException {
      reach(self, address(member));
      synchronized (this) {
        if (closed) {
          throw StorageException.of(Kind.UNAVAILABLE, "closed");
        }
      }
    }

    private void serve() {
      try {
        answer.complete(reply());
      } catch (StorageException e) {
        answer.complete(new BlockReply.Refused(e));
      } catch (RuntimeException | Error e) {
        answer.complete(
            new BlockReply.Refused(StorageException.of(Kind.INVALID, "serving failed: " + e, e)));
      }
    }

    private BlockReply reply() throws StorageException {
      PeerService service = services.get(member);
      String elsewhere = redirects.get(member);
      if (elsewhere != null && request.mode() == BlockRequest.Mode.AS_HOME) {
        return new BlockReply.Elsewhere(elsewhere);
      }
      Optional<HeldBlock> held = service.held(request);
      if (held.isEmpty()
          && request.mode() == BlockRequest.Mode.IF_HELD
          && !service.isComing(request)) {
        return new BlockReply.NotHeld();
      }
      HeldBlock ready = held.isPresent() ? held.get() : service.bring(request);
      synchronized (this) {
        if (!closed) {
          block = ready;
          return new BlockReply.Coming(ready.bytes().byteCount(), ready.crc32c());
        }
      }
      ready.close();
      return new BlockReply.NotHeld();
    }

    @Override
    public void receive(RangeSink sink, Duration stall) throws StorageException {
      HeldBlock ready = block;
      if (ready == null) {
        throw StorageException.of(Kind.UNAVAILABLE, "closed");
      }
      ByteBuffer all = ByteBuffer.allocate(ready.bytes().byteCount());
      ready.bytes().buffers().forEach(part -> all.put(part.duplicate()));
      Fault fault = faults.of(member, request);
      if (fault == Fault.FLIP) {
        all.put(all.capacity() / 3, (byte) ~all.get(all.capacity() / 3));
      }
      for (int at = 0; at < all.capacity(); at += CHUNK) {
        requireOpen();
        if (at >= all.capacity() / 2 && (fault == Fault.BREAK)) {
          throw StorageException.retryable(Kind.UNAVAILABLE, "connection reset");
        }
        if (at >= all.capacity() / 2 && fault == Fault.STALL || state(member) == State.FROZEN) {
          throw StorageException.retryable(Kind.TIMED_OUT, "nothing comes any more");
        }
        sink.accept(all.slice(at, Math.min(CHUNK, all.capacity() - at)).asReadOnlyBuffer());
      }
    }

    @Override
    public void close() {
      HeldBlock ready;
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
        ready = block;
        block = null;
      }
      open.decrementAndGet();
      if (ready != null) {
        ready.close();
      }
    }
  }
}
