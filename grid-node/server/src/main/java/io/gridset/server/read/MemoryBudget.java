package io.gridset.server.read;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// The memory that reads ahead and read-through buffers of a process may take, all datasets and
/// handles together. First come, first served. Thread-safe. Why one budget: unbudgeted windows per
/// handle are what kills other mounts (mountpoint-s3 issues 987, 1326).
public final class MemoryBudget {
  /// Bytes are counted in these units, so that a budget of any size fits a semaphore.
  private static final int UNIT_BYTES = 4096;

  private final int units;
  private final Semaphore free;

  public MemoryBudget(long bytes) {
    units = Math.toIntExact(Math.max(1, bytes / UNIT_BYTES));
    free = new Semaphore(units, true);
  }

  /// A part of the budget, given back by `close()`, which is idempotent.
  public final class Lease implements AutoCloseable {
    private final int taken;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Lease(int taken) {
      this.taken = taken;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        free.release(taken);
      }
    }
  }

  public long totalBytes() {
    return (long) units * UNIT_BYTES;
  }

  public long freeBytes() {
    return (long) free.availablePermits() * UNIT_BYTES;
  }

  /// Takes `bytes` if they are free now and nobody waits for them; never more than half of the
  /// budget goes this way, so that guesses do not starve those who must have a buffer.
  public Optional<Lease> tryAcquire(long bytes) {
    int wanted = unitsFor(bytes);
    if (free.hasQueuedThreads() || free.availablePermits() - wanted < units / 2) {
      return Optional.empty();
    }
    return free.tryAcquire(wanted) ? Optional.of(new Lease(wanted)) : Optional.empty();
  }

  /// Takes `bytes`, waiting at most `patience`.
  ///
  /// @throws StorageException TIMED_OUT when they did not come free; INVALID when there are not
  ///   that many at all
  public Lease acquire(long bytes, Duration patience) throws StorageException {
    int wanted = unitsFor(bytes);
    if (wanted > units) {
      throw StorageException.of(
          Kind.INVALID, bytes + " bytes are more than the memory budget of " + totalBytes());
    }
    try {
      if (!free.tryAcquire(wanted, patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw StorageException.retryable(
            Kind.TIMED_OUT, "no read buffer came free within " + patience.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for a buffer", e);
    }
    return new Lease(wanted);
  }

  private static int unitsFor(long bytes) {
    return Math.toIntExact((bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }
}
