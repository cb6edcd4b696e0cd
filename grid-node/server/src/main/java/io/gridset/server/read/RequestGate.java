package io.gridset.server.read;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// Bounds the requests under way at one store: 16 of whole blocks or 64 of small files, or a mix.
/// The most urgent waiter goes first, and the last places are kept for readers who wait.
/// Thread-safe.
final class RequestGate {
  /// 64 small requests hide 20 ms of latency at 3,000 files a second.
  static final int UNITS = 64;

  /// What a request of up to [#SMALL_BYTES] takes, and what a larger one takes.
  private static final int SMALL_UNITS = 1;

  private static final int LARGE_UNITS = 4;
  private static final long SMALL_BYTES = 1 << 20;

  /// Two large requests' worth that only readers who wait may take.
  private static final int RESERVED_UNITS = 2 * LARGE_UNITS;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Waiter> waiters = new ArrayList<>();
  private int free = UNITS;

  private static final class Waiter {
    final Supplier<Priority> priority;
    final int units;
    final Condition granted;
    boolean passed;

    Waiter(Supplier<Priority> priority, int units, Condition granted) {
      this.priority = priority;
      this.units = units;
      this.granted = granted;
    }
  }

  /// A place, given back by `close()`.
  final class Permit implements AutoCloseable {
    private final int units;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Permit(int units) {
      this.units = units;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        lock.lock();
        try {
          free += units;
          admitWaiters();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /// Waits for a place for a request of `bytes`.
  ///
  /// @param priority asked again whenever a place comes free; call [#reconsider] when it rises
  Permit enter(long bytes, Supplier<Priority> priority, Duration patience) throws StorageException {
    int units = bytes <= SMALL_BYTES ? SMALL_UNITS : LARGE_UNITS;
    Waiter waiter = new Waiter(priority, units, lock.newCondition());
    lock.lock();
    try {
      waiters.add(waiter);
      admitWaiters();
      long left = patience.toNanos();
      while (!waiter.passed) {
        if (left <= 0) {
          waiters.remove(waiter);
          throw StorageException.retryable(
              Kind.TIMED_OUT, "the store was busy for " + patience.toSeconds() + " s");
        }
        left = waiter.granted.awaitNanos(left);
      }
      return new Permit(units);
    } catch (InterruptedException e) {
      if (!waiters.remove(waiter)) {
        free += units;
        admitWaiters();
      }
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for the store", e);
    } finally {
      lock.unlock();
    }
  }

  /// Looks at the waiters' priorities anew.
  void reconsider() {
    lock.lock();
    try {
      admitWaiters();
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return waiters.size();
    } finally {
      lock.unlock();
    }
  }

  private void admitWaiters() {
    while (!waiters.isEmpty()) {
      Waiter best = waiters.getFirst();
      for (Waiter waiter : waiters) {
        if (waiter.priority.get().compareTo(best.priority.get()) < 0) {
          best = waiter;
        }
      }
      int usable = best.priority.get().isAwaited() ? free : free - RESERVED_UNITS;
      if (best.units > usable) {
        return;
      }
      waiters.remove(best);
      free -= best.units;
      best.passed = true;
      best.granted.signal();
    }
  }
}
