package io.gridset.server.peer;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.FrameWriter;
import io.gridset.client.wire.Wire;
import io.gridset.core.block.BlockKey;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Answers requests for blocks: from what is here, by bringing it, or by naming a member that has
/// just got it. Bytes are written straight from where the block is held. Thread-safe.
final class BlockGiver {
  /// Who waits for the receivers of a hot block stops waiting when they take nothing for this part
  /// of the time after which they are cut off: 2 s by default.
  private static final int STUCK_PART = 15;

  /// However steadily a receiver takes a little, a block is not held for it any longer.
  private static final Duration LONGEST_SEND = Duration.ofMinutes(15);

  private final PeerService service;
  private final DataServerSettings.Limits limits;
  private final DataCounters counters;
  private final ExecutorService threads;
  private final Semaphore loads;
  private final CopyHolders holders;
  private final BlockSends sends = new BlockSends();
  private final Ticker ticker;

  BlockGiver(
      PeerService service,
      DataServerSettings.Limits limits,
      DataCounters counters,
      ExecutorService threads,
      Ticker ticker) {
    this.service = service;
    this.limits = limits;
    this.counters = counters;
    this.threads = threads;
    this.loads = new Semaphore(limits.loads());
    this.ticker = ticker;
    this.holders = new CopyHolders(ticker);
  }

  /// Answers on `wire`.
  ///
  /// @throws StorageException of kind UNAVAILABLE or TIMED_OUT when the connection is at its end
  /// @throws Unanswerable what the asker is to be told
  @Nullable Given give(BlockRequest request, PeerCaller caller, Wire wire)
      throws StorageException, Unanswerable {
    Optional<HeldBlock> found;
    try {
      String uid = request.object().datasetUid();
      if (service.isForMembers(uid)) {
        caller.requireMember();
      } else {
        service.requireRead(caller, request.object());
      }
      found = service.held(request);
    } catch (StorageException e) {
      throw new Unanswerable(e);
    }
    if (found.isPresent()) {
      return send(request, found.get(), wire);
    }
    if (request.mode() == Mode.IF_HELD && !service.isComing(request)) {
      wire.write(FrameWriter.bare(FrameType.NOT_HELD), limits.stall());
      return null;
    }
    return send(request, bring(request, wire), wire);
  }

  /// A block that was sent to one who will say when it has it: what is written may still be on its
  /// way.
  static final class Given {
    private final BlockRequest request;
    private final ByteBuffer[] bytes;

    private Given(BlockRequest request, ByteBuffer[] bytes) {
      this.request = request;
      this.bytes = bytes;
    }
  }

  /// The receiver has got it.
  void taken(Given given) {
    holders.received(given.request.key(), given.request.copyAt());
  }

  /// The receiver has got it, or will not.
  void end(Given given) {
    sends.end(given.request.key(), given.bytes);
  }

  /// A failure that belongs to the question and not to the connection.
  static final class Unanswerable extends Exception {
    private static final long serialVersionUID = 1;
    private final transient StorageException failure;

    Unanswerable(StorageException failure) {
      super(failure);
      this.failure = failure;
    }

    StorageException failure() {
      return failure;
    }
  }

  private @Nullable Given send(BlockRequest request, HeldBlock block, Wire wire)
      throws StorageException {
    try (block) {
      ByteBuffer[] bytes = frames(block);
      @Nullable String other = turn(request, bytes, wire);
      if (other != null) {
        counters.redirected.increment();
        wire.write(FrameWriter.of(FrameType.ELSEWHERE).writeText(other).finish(), limits.stall());
        return null;
      }
      @Nullable Given given = null;
      try {
        write(request, bytes, wire);
        given = request.copyAt().isEmpty() ? null : new Given(request, bytes);
        return given;
      } finally {
        if (given == null) {
          sends.end(request.key(), bytes);
        }
      }
    }
  }

  private static ByteBuffer[] frames(HeldBlock block) {
    List<ByteBuffer> bytes = block.bytes().buffers();
    ByteBuffer[] all = new ByteBuffer[bytes.size() + 1];
    all[0] =
        FrameWriter.of(FrameType.COMING)
            .writeInt(block.bytes().byteCount())
            .writeInt(block.crc32c())
            .finish();
    for (int i = 0; i < bytes.size(); i++) {
      all[i + 1] = bytes.get(i);
    }
    return all;
  }

  /// Begins the send, when it is its turn; else says who has got the block. A block that many want
  /// at once spreads from the first ones who got it: the others wait for these, as long as they
  /// take bytes, with a sign of life now and then.
  private @Nullable String turn(BlockRequest request, ByteBuffer[] bytes, Wire wire)
      throws StorageException {
    BlockKey key = request.key();
    if (request.mode() != Mode.AS_HOME) {
      sends.begin(key, bytes);
      return null;
    }
    if (sends.tryBegin(key, bytes)) {
      return null;
    }
    long left = sends.bytesLeft(key);
    long movedAt = ticker.nanos();
    while (true) {
      @Nullable String other = holders.next(key, request.copyAt()).orElse(null);
      if (other != null || sends.tryBegin(key, bytes)) {
        return other;
      }
      if (!awaitEnd()) {
        wire.write(FrameWriter.bare(FrameType.AT_IT), limits.stall());
      }
      long leftNow = sends.bytesLeft(key);
      if (leftNow != left) {
        left = leftNow;
        movedAt = ticker.nanos();
      } else if (ticker.nanos() - movedAt > limits.stall().toNanos() / STUCK_PART) {
        sends.begin(key, bytes);
        return null;
      }
    }
  }

  private boolean awaitEnd() throws StorageException {
    try {
      return sends.awaitEnd(limits.heartbeat());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw closing(e);
    }
  }

  private void write(BlockRequest request, ByteBuffer[] all, Wire wire) throws StorageException {
    try {
      wire.write(all, limits.stall(), LONGEST_SEND);
      counters.blocksSent.increment();
    } catch (StorageException e) {
      if (e.kind() == Kind.TIMED_OUT) {
        counters.cutOff.increment();
      }
      throw e;
    } finally {
      int left = Arrays.stream(all, 1, all.length).mapToInt(ByteBuffer::remaining).sum();
      counters.bytesSent.add(request.length() - left);
    }
  }

  /// Waits for the block, with a sign of life to the asker now and then.
  private HeldBlock bring(BlockRequest request, Wire wire) throws StorageException, Unanswerable {
    boolean counted = request.mode() != Mode.IF_HELD;
    if (counted) {
      enter(wire);
    }
    Bringing bringing = new Bringing(request, counted ? 1 : 0);
    counters.waiting.incrementAndGet();
    try {
      threads.execute(bringing);
      while (true) {
        try {
          return bringing.get(limits.heartbeat().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          wire.write(FrameWriter.bare(FrameType.AT_IT), limits.stall());
        }
      }
    } catch (ExecutionException e) {
      throw new Unanswerable(failure(e.getCause()));
    } catch (RejectedExecutionException e) {
      bringing.cancel(false);
      throw closing(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw closing(e);
    } finally {
      bringing.letGo();
    }
  }

  /// Waits for a place among the loads, with signs of life: whoever was refused would go to the
  /// next in rank, and the origin would be paid twice. Who joins a load that is under way needs
  /// none, so nobody here waits for another member that waits for a place.
  private void enter(Wire wire) throws StorageException {
    try {
      while (!loads.tryAcquire(limits.heartbeat().toNanos(), TimeUnit.NANOSECONDS)) {
        wire.write(FrameWriter.bare(FrameType.AT_IT), limits.stall());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw closing(e);
    }
  }

  private static StorageException closing(Exception cause) {
    return StorageException.of(Kind.CANCELLED, "the data server is closing", cause);
  }

  private static StorageException failure(@Nullable Throwable cause) {
    return cause instanceof StorageException known
        ? known
        : StorageException.of(Kind.UNAVAILABLE, "the member failed: " + cause);
  }

  /// A block on its way. An asker that hangs up does not end it: the block is wanted here, and
  /// others may wait for it.
  private final class Bringing extends FutureTask<HeldBlock> {
    private final int places;
    private boolean taken;
    private boolean abandoned;

    /// @param places those among the loads that it gives back
    Bringing(BlockRequest request, int places) {
      super(() -> service.bring(request));
      this.places = places;
    }

    @Override
    protected void done() {
      loads.release(places);
      counters.waiting.decrementAndGet();
      closeIfAbandoned();
    }

    @Override
    public HeldBlock get(long timeout, TimeUnit unit)
        throws InterruptedException, ExecutionException, TimeoutException {
      HeldBlock block = super.get(timeout, unit);
      synchronized (this) {
        taken = true;
      }
      return block;
    }

    /// The asker waits no longer: what comes after all is let go.
    synchronized void letGo() {
      abandoned = true;
      closeIfAbandoned();
    }

    private synchronized void closeIfAbandoned() {
      if (abandoned && !taken && state() == State.SUCCESS) {
        taken = true;
        resultNow().close();
      }
    }
  }
}
