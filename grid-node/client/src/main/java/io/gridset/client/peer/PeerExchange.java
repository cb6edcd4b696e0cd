package io.gridset.client.peer;

import io.gridset.client.peer.PeerConnection.Lane;
import io.gridset.client.wire.Frame;
import io.gridset.client.wire.FrameType;
import io.gridset.client.wire.Refusal;
import io.gridset.client.wire.Wire;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One question on a connection of the pool, sent once more when the connection turns out to have
/// been closed while it was idle. One thread asks; any may close.
final class PeerExchange implements AutoCloseable {
  /// A few bytes into an empty buffer of the kernel.
  private static final Duration PARTING = Duration.ofSeconds(1);

  private final PeerPool pool;
  private final ByteBuffer question;

  /// Null once closed.
  private final AtomicReference<@Nullable PeerConnection> connection;

  /// What is said when it is closed in order.
  private volatile @Nullable ByteBuffer parting;

  private volatile boolean ended;

  private PeerExchange(PeerPool pool, PeerConnection connection, ByteBuffer question) {
    this.pool = pool;
    this.question = question;
    this.connection = new AtomicReference<>(connection);
  }

  /// Sends `question`.
  static PeerExchange start(
      PeerPool pool, PeerAddress member, Lane lane, ByteBuffer question, Duration patience)
      throws StorageException {
    long deadline = pool.ticker().nanos() + patience.toNanos();
    PeerExchange exchange = new PeerExchange(pool, pool.take(member, lane, deadline), question);
    try {
      exchange.send(deadline);
      return exchange;
    } catch (StorageException | RuntimeException e) {
      exchange.close();
      throw e;
    }
  }

  private void send(long deadline) throws StorageException {
    PeerConnection current = current();
    try {
      write(current, deadline);
    } catch (StorageException e) {
      write(fresh(current, e, deadline), deadline);
    }
  }

  private void write(PeerConnection current, long deadline) throws StorageException {
    current.wire().write(question.duplicate(), left(deadline));
  }

  /// @throws StorageException `failure` itself, when another connection would not be better
  private PeerConnection fresh(PeerConnection stale, StorageException failure, long deadline)
      throws StorageException {
    if (failure.kind() != Kind.UNAVAILABLE || !stale.isStaleUnlessHeard()) {
      throw failure;
    }
    PeerConnection fresh = pool.replace(stale, deadline);
    if (!connection.compareAndSet(stale, fresh)) {
      // Closed meanwhile, which gave the place in the lane back: only the wire is left.
      fresh.wire().close();
      throw closed(failure);
    }
    return fresh;
  }

  /// The next frame, or null when it does not come within `patience`.
  @Nullable Frame poll(Duration patience) throws StorageException {
    long deadline = pool.ticker().nanos() + patience.toNanos();
    PeerConnection current = current();
    try {
      return current.wire().poll(patience);
    } catch (StorageException e) {
      if (connection.get() == null) {
        throw closed(e);
      }
      PeerConnection other = fresh(current, e, deadline);
      write(other, deadline);
      return other.wire().poll(left(deadline));
    }
  }

  /// The answer.
  ///
  /// @throws StorageException TIMED_OUT; what the member refuses with
  Frame answer(FrameType type, Duration patience) throws StorageException {
    Frame frame = poll(patience);
    if (frame == null) {
      throw StorageException.retryable(
          Kind.TIMED_OUT,
          "member "
              + current().address()
              + " did not answer within "
              + patience.toMillis()
              + " ms");
    }
    if (frame.type() == FrameType.REFUSED) {
      ended = true;
      throw refusal(frame);
    }
    if (frame.type() != type) {
      throw frame.unexpected();
    }
    ended = true;
    return frame;
  }

  StorageException refusal(Frame frame) throws StorageException {
    return Refusal.decode(frame, "member " + current().address());
  }

  Wire wire() throws StorageException {
    return current().wire();
  }

  /// Lets `close` send a frame that has no answer.
  void partWith(ByteBuffer frame) {
    parting = frame;
  }

  /// The answer was taken to its end: the connection may be used again.
  void end() {
    ended = true;
  }

  boolean isClosed() {
    return connection.get() == null;
  }

  private PeerConnection current() throws StorageException {
    PeerConnection current = connection.get();
    if (current == null) {
      throw closed(null);
    }
    return current;
  }

  static StorageException closed(@Nullable Throwable cause) {
    String message = "the request was closed";
    return cause == null
        ? StorageException.of(Kind.CANCELLED, message)
        : StorageException.of(Kind.CANCELLED, message, cause);
  }

  private Duration left(long deadline) {
    return Duration.ofNanos(Math.max(1, deadline - pool.ticker().nanos()));
  }

  private boolean part(PeerConnection last) {
    ByteBuffer frame = parting;
    if (frame == null) {
      return true;
    }
    try {
      last.wire().write(frame, PARTING);
      return true;
    } catch (StorageException e) {
      return false;
    }
  }

  @Override
  public void close() {
    PeerConnection last = connection.getAndSet(null);
    if (last == null) {
      return;
    }
    if (ended && part(last)) {
      pool.giveBack(last);
    } else {
      pool.discard(last);
    }
  }
}
