package io.gridset.server.store.range;

import io.gridset.client.channel.DeadlineWatch;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The connections of one store: a bounded number in use, the idle ones kept per server, newest
/// first, for a while. Thread-safe.
final class ConnectionPool implements AutoCloseable {
  /// Large enough that a system call's cost vanishes, small enough to stay in the L2 cache between
  /// the kernel's copy and the sink's.
  static final int BUFFER_BYTES = 256 << 10;

  /// Below the keep-alive of the common servers (nginx 75 s, OSS 60 s, S3 about 20 s).
  private static final Duration IDLE_LIMIT = Duration.ofSeconds(15);

  /// How much longer one may be kept, since all are looked at together.
  private static final Duration HOUSEKEEPING = Duration.ofSeconds(3);

  private final TransferLimits limits;
  private final Ticker ticker;
  private final Semaphore permits;
  private final DeadlineWatch watch;
  private final Dialler dialler;
  private final Map<Origin, Deque<Connection>> idle = new HashMap<>();
  private final ConcurrentLinkedQueue<ByteBuffer> spareBuffers = new ConcurrentLinkedQueue<>();
  private boolean looking;
  private volatile boolean closed;

  ConnectionPool(TransferLimits limits, TlsTrust trust, Ticker ticker) {
    this.limits = limits;
    this.ticker = ticker;
    this.permits = new Semaphore(limits.maxConnections(), true);
    this.watch = new DeadlineWatch(ticker, "store-deadlines");
    Connection.Terms terms = new Connection.Terms(limits.stallTimeout(), ticker, new BodyBuffers());
    this.dialler = new Dialler(limits, trust, watch, terms);
  }

  /// Which connection to lend.
  enum Wish {
    IDLE_OR_NEW,
    NEW
  }

  /// Lends a connection until `giveBack` or `discard`.
  ///
  /// @throws StorageException TIMED_OUT when all stay in use until `deadline`
  Connection take(Origin origin, Wish wish, long deadline) throws StorageException {
    acquirePermit(deadline);
    try {
      @Nullable Connection reused = wish == Wish.NEW ? null : takeIdle(origin);
      if (reused != null) {
        return reused;
      }
      ByteBuffer spare = spareBuffers.poll();
      return dialler.dial(origin, spare == null ? ByteBuffer.allocateDirect(BUFFER_BYTES) : spare);
    } catch (StorageException | RuntimeException e) {
      permits.release();
      throw e;
    }
  }

  private void acquirePermit(long deadline) throws StorageException {
    try {
      long wait = Math.max(0, deadline - ticker.nanos());
      if (closed) {
        throw closedStore();
      }
      if (!permits.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        throw StorageException.retryable(
            Kind.TIMED_OUT, "all " + limits.maxConnections() + " connections stayed in use");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for a connection", e);
    }
  }

  private @Nullable Connection takeIdle(Origin origin) {
    synchronized (idle) {
      Deque<Connection> queue = idle.get(origin);
      return queue == null ? null : queue.pollFirst();
    }
  }

  /// Takes back a connection that stands at the end of a response.
  void giveBack(Connection connection) {
    connection.markIdle(ticker.nanos());
    boolean kept;
    synchronized (idle) {
      kept = !closed;
      if (kept) {
        idle.computeIfAbsent(connection.origin(), _ -> new ArrayDeque<>()).addFirst(connection);
        lookLater();
      }
    }
    if (!kept) {
      drop(connection);
    }
    permits.release();
  }

  /// Takes back a connection that must not be used again.
  void discard(Connection connection) {
    drop(connection);
    permits.release();
  }

  private void drop(Connection connection) {
    connection.guard().close();
    if (spareBuffers.size() < limits.maxConnections()) {
      spareBuffers.add(connection.buffer());
    }
  }

  /// Needs the lock of `idle`. A store that nobody reads costs no wake-ups.
  private void lookLater() {
    if (!looking) {
      looking = true;
      watch.after(IDLE_LIMIT.plus(HOUSEKEEPING), this::dropExpired);
    }
  }

  private void dropExpired() {
    long now = ticker.nanos();
    List<Connection> expired = new ArrayList<>();
    synchronized (idle) {
      looking = false;
      for (Deque<Connection> queue : idle.values()) {
        while (!queue.isEmpty() && queue.peekLast().idleLongerThan(IDLE_LIMIT, now)) {
          expired.add(queue.pollLast());
        }
      }
      idle.values().removeIf(Deque::isEmpty);
      if (!idle.isEmpty() && !closed) {
        lookLater();
      }
    }
    expired.forEach(this::drop);
  }

  boolean isClosed() {
    return closed;
  }

  static StorageException closedStore() {
    return StorageException.of(Kind.CANCELLED, "the store is closed");
  }

  @Override
  public void close() {
    List<Connection> all = new ArrayList<>();
    synchronized (idle) {
      closed = true;
      idle.values().forEach(all::addAll);
      idle.clear();
    }
    all.forEach(this::drop);
    watch.close();
  }
}
