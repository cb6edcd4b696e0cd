package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps segments in the pool whose pages have all been written, for puts that find no segment of a
/// deleted object: a page's first write costs several times what the next ones do. One segment of
/// half the reserve, one of a quarter, and so on. Filled on a thread of its own once the store is
/// used, as long as objects leave half of their quota free. Thread-safe.
final class SegmentReserve implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentReserve.class);
  private static final long LEAST_BYTES = 1 << 20;
  private static final int STEP_BYTES = 1 << 20;
  private static final int FREE_SHARE = 2;
  private static final long PAUSE_MILLIS = 250;

  private final Path draft;
  private final long bytes;
  private final MemoryLedger ledger;
  private final SegmentPool pool;
  private final AtomicBoolean asked = new AtomicBoolean();
  private final ScheduledExecutorService filler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("objects-reserve").factory());
  private volatile boolean begun;
  private final Object filling = new Object();
  private volatile boolean making;
  private volatile boolean roomWanted;
  private volatile boolean closed;

  /// @param draft the file that is being filled; nobody else's
  /// @param bytes of the whole reserve; 0 for none
  SegmentReserve(Path draft, long bytes, MemoryLedger ledger, SegmentPool pool) {
    this.draft = draft;
    this.bytes = bytes;
    this.ledger = ledger;
    this.pool = pool;
  }

  /// The store is used: has the reserve filled, at the first call.
  void begin() {
    if (!begun && bytes >= 2 * LEAST_BYTES) {
      begun = true;
      refillIn(0);
    }
  }

  /// Has it filled again, once it has begun: not at once, since who took a segment copies into it
  /// now and may well take another next.
  void refill() {
    refillIn(PAUSE_MILLIS);
  }

  private void refillIn(long millis) {
    if (!begun || closed || !asked.compareAndSet(false, true)) {
      return;
    }
    try {
      var _ = filler.schedule(this::fill, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // closing
    }
  }

  private void fill() {
    asked.set(false);
    for (long size = bytes / 2; size >= LEAST_BYTES && !closed; size /= 2) {
      long capacity = Segments.roundUp(size);
      if (!pool.hasSpare(capacity) && !make(capacity)) {
        return;
      }
    }
  }

  /// False when it is not the time for more of them.
  private boolean make(long capacity) {
    synchronized (filling) {
      making = true;
      try {
        return ledger.used() + capacity <= ledger.quotaBytes() / FREE_SHARE
            && ledger.tryTake(capacity)
            && write(capacity);
      } finally {
        making = false;
      }
    }
  }

  private boolean write(long capacity) {
    try (NativeFile file = NativeFile.create(draft, capacity)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(STEP_BYTES);
      for (long done = 0; done < capacity; done += STEP_BYTES) {
        if (closed || roomWanted) {
          throw StorageException.of(Kind.CANCELLED, "others need the room, or the store is closed");
        }
        file.write(zeros.clear().limit((int) Math.min(STEP_BYTES, capacity - done)), done);
      }
    } catch (StorageException e) {
      LOG.debug("no segment is kept for puts: {}", e.getMessage());
      abandon(capacity);
      return false;
    }
    pool.stock(draft, capacity);
    return true;
  }

  /// Has the segment that is being made, if any, end up in the pool or be given up: then true.
  boolean giveWay() {
    if (!making) {
      return false;
    }
    roomWanted = true;
    synchronized (filling) {
      roomWanted = false;
    }
    return true;
  }

  private void abandon(long capacity) {
    try {
      Files.deleteIfExists(draft);
      ledger.add(-capacity);
    } catch (IOException e) {
      LOG.warn("cannot unlink {}: {}", draft, e.toString());
    }
  }

  /// Ends the filling; what is in the pool stays there.
  @Override
  public void close() {
    closed = true;
    filler.shutdownNow();
    filler.close();
  }
}
