package io.gridset.client.wire;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.client.channel.Guard;
import io.gridset.client.channel.Hearing;
import io.gridset.client.trust.PeerTls;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One connection, as frames and raw bytes. One thread reads and writes at a time; any thread may
/// close it, which ends a wait. Failures are UNAVAILABLE when the connection broke, TIMED_OUT when
/// the other side stalled, CORRUPT when what came is not the protocol.
public final class Wire implements AutoCloseable {
  /// A longer body is taken in as it comes: its length alone must not cost memory.
  private static final int BODY_STEP = 1 << 20;

  /// Even who has no patience takes what is there.
  private static final Duration SHORTEST = Duration.ofMillis(1);

  private final String peer;
  private final Guard guard;
  private final Ticker ticker;
  private final Transport transport;
  private final @Nullable Hearing hearing;

  private final byte[] head = new byte[FrameWriter.HEADER_BYTES];
  private int headFilled;
  private byte @Nullable [] body;
  private int bodyFilled;
  private boolean heard;

  private Wire(Side side, Guard guard, Ticker ticker, Transport transport) {
    this.peer = side.name();
    this.hearing = side.hearing();
    this.guard = guard;
    this.ticker = ticker;
    this.transport = transport;
  }

  /// The other side.
  private record Side(String name, @Nullable Hearing hearing) {}

  /// What the connections of one client or server share.
  ///
  /// @param tls null for none
  /// @param greeting longest time to connect and shake hands
  public record Terms(DeadlineWatch watch, @Nullable PeerTls tls, Duration greeting) {}

  /// Connects.
  ///
  /// @param patience when it is shorter than the terms'
  /// @param hearing of that member, shared by all connections to it
  /// @throws StorageException UNAVAILABLE; ACCESS_DENIED when TLS finds no trust
  public static Wire connect(
      InetSocketAddress address, Terms terms, Duration patience, Hearing hearing)
      throws StorageException {
    String peer = "member " + address.getHostString() + ":" + address.getPort();
    Duration most = patience.compareTo(terms.greeting()) < 0 ? patience : terms.greeting();
    try {
      SocketChannel channel = SocketChannel.open();
      return over(
          channel,
          new Side(peer, hearing),
          terms.watch(),
          most,
          () -> {
            channel.connect(address);
            return terms.tls() == null
                ? new PlainTransport(channel)
                : new TlsTransport(terms.tls().connect(channel));
          });
    } catch (IOException e) {
      throw Failures.connecting(peer, e);
    }
  }

  /// Takes over a channel that was accepted; it is closed when that fails.
  public static Wire accept(SocketChannel channel, Terms terms) throws StorageException {
    return over(
        channel,
        new Side("the peer", null),
        terms.watch(),
        terms.greeting(),
        () -> accepted(channel, terms.tls()));
  }

  private static Transport accepted(SocketChannel channel, @Nullable PeerTls tls)
      throws IOException {
    if (tls == null) {
      return new PlainTransport(channel);
    }
    try {
      return new TlsTransport(tls.accept(channel));
    } catch (IOException e) {
      // Closed with bytes unread, the connection would be reset, and the other side not learn why.
      channel.shutdownOutput();
      ByteBuffer ignored = ByteBuffer.allocate(1024);
      while (channel.read(ignored.clear()) >= 0) {
        ignored.clear();
      }
      throw e;
    }
  }

  private interface Start {
    Transport begin() throws IOException;
  }

  private static Wire over(
      SocketChannel channel, Side side, DeadlineWatch watch, Duration patience, Start start)
      throws StorageException {
    Guard guard = watch.guard(channel, side.hearing());
    guard.arm(watch.ticker().nanos() + patience.toNanos(), patience.toNanos());
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Transport transport = start.begin();
      guard.disarm();
      if (guard.expired()) {
        throw new IOException("too late");
      }
      return new Wire(side, guard, watch.ticker(), transport);
    } catch (IOException e) {
      boolean late = guard.expired();
      guard.close();
      throw late ? Failures.late(side.name(), patience, e) : Failures.connecting(side.name(), e);
    }
  }

  /// Whether anything came since the last `forget`.
  public boolean heard() {
    return heard;
  }

  /// Begins a new exchange.
  public void forget() {
    heard = false;
  }

  /// The next frame, or null when it did not come completely within `patience`; what came of it is
  /// kept.
  public @Nullable Frame poll(Duration patience) throws StorageException {
    Patience deadline = new Patience(patience.compareTo(SHORTEST) < 0 ? SHORTEST : patience);
    try {
      while (headFilled < head.length) {
        int got = readSmall(head, headFilled, head.length - headFilled, deadline);
        headFilled += got;
      }
      int length = ByteBuffer.wrap(head).getInt() - 1;
      FrameType type = checkedType(length);
      byte[] bytes = body == null ? new byte[Math.min(length, BODY_STEP)] : body;
      body = bytes;
      while (bodyFilled < length) {
        if (bodyFilled == bytes.length) {
          bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
          body = bytes;
        }
        bodyFilled += readSmall(bytes, bodyFilled, bytes.length - bodyFilled, deadline);
      }
      headFilled = 0;
      bodyFilled = 0;
      body = null;
      return new Frame(type, bytes);
    } catch (SocketTimeoutException e) {
      return null;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /// The next frame.
  ///
  /// @throws StorageException TIMED_OUT when it does not come within `patience`
  public Frame await(Duration patience) throws StorageException {
    Frame frame = poll(patience);
    if (frame == null) {
      throw stalled(patience);
    }
    return frame;
  }

  private FrameType checkedType(int length) throws StorageException {
    FrameType type = FrameType.of(head[Integer.BYTES]);
    if (type == null || length < 0 || length > type.limit()) {
      throw StorageException.of(
          Kind.CORRUPT,
          peer
              + " does not speak this protocol (is it a Gridset data port, with TLS on both sides or"
              + " on none?)");
    }
    return type;
  }

  private int readSmall(byte[] into, int offset, int length, Patience patience) throws IOException {
    while (true) {
      int millis = patience.leftMillis();
      try {
        int got = transport.read(into, offset, length, millis);
        if (got < 0) {
          throw new IOException("it hung up");
        }
        hear();
        return got;
      } catch (SocketTimeoutException e) {
        patience.mayGoOn();
      }
    }
  }

  private void hear() {
    heard = true;
    if (hearing != null) {
      hearing.heard(ticker.nanos());
    }
  }

  /// How long one frame is waited for.
  private final class Patience {
    private final long nanos;
    private final long deadline;
    private boolean lastLook = true;

    Patience(Duration patience) {
      nanos = patience.toNanos();
      deadline = ticker.nanos() + nanos;
    }

    /// @throws SocketTimeoutException when it is over
    int leftMillis() throws SocketTimeoutException {
      long left = left();
      if (left <= 0) {
        if (!lastLook) {
          throw new SocketTimeoutException();
        }
        lastLook = false; // This thread may be what was late: what lies there counts.
      }
      return Math.clamp(left / 1_000_000, 1, Integer.MAX_VALUE);
    }

    /// After a read in vain.
    ///
    /// @throws SocketTimeoutException when it is over
    void mayGoOn() throws SocketTimeoutException {
      lastLook = false;
      if (left() <= 0) {
        throw new SocketTimeoutException();
      }
    }

    private long left() {
      long end = hearing == null ? deadline : hearing.extended(deadline, nanos);
      return end - ticker.nanos();
    }
  }

  /// Fills `into`.
  ///
  /// @param stall longest wait for the next byte
  public void readFully(ByteBuffer into, Duration stall) throws StorageException {
    try {
      while (into.hasRemaining()) {
        guard.arm(in(stall), stall.toNanos());
        if (transport.read(into) < 0) {
          throw new IOException("it hung up");
        }
        hear();
      }
    } catch (IOException e) {
      throw guard.expired() ? stalled(stall) : failure(e);
    } finally {
      guard.disarm();
    }
  }

  /// Sends all of `from`, in order.
  ///
  /// @param stall longest wait until the other side takes more
  /// @param most longest time for the whole
  public void write(ByteBuffer[] from, Duration stall, Duration most) throws StorageException {
    long end = in(most);
    int first = 0;
    try {
      while (first < from.length) {
        if (!from[first].hasRemaining()) {
          first++;
          continue;
        }
        long stallEnd = in(stall);
        guard.arm(stallEnd - end < 0 ? stallEnd : end);
        transport.write(from, first);
      }
    } catch (IOException e) {
      throw guard.expired() ? stalled(stall) : failure(e);
    } finally {
      guard.disarm();
    }
  }

  /// Sends one small frame.
  public void write(ByteBuffer frame, Duration patience) throws StorageException {
    write(new ByteBuffer[] {frame}, patience, patience);
  }

  /// Says that no more comes, then takes what the other side still sends, for `patience`: closing
  /// at once could destroy what it has not read yet (RFC 1122, section 4.2.2.13).
  public void hangUp(Duration patience) {
    guard.arm(in(patience));
    try {
      transport.endOutput();
      byte[] ignored = new byte[1024];
      while (transport.read(ignored, 0, ignored.length, 0) >= 0) {
        heard = true;
      }
    } catch (IOException e) {
      // It is over either way.
      heard = true;
    } finally {
      close();
    }
  }

  private long in(Duration patience) {
    return ticker.nanos() + patience.toNanos();
  }

  private StorageException stalled(Duration stall) {
    return StorageException.retryable(
        Kind.TIMED_OUT, peer + " was silent for " + stall.toMillis() + " ms");
  }

  private StorageException failure(IOException cause) {
    return Failures.speaking(peer, cause);
  }

  /// Ends every wait on it. Idempotent.
  @Override
  public void close() {
    guard.close();
  }
}
