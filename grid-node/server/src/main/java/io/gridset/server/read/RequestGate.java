package io.gridset.server.read;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Bounds the requests under way at one place, a store or the other members: at a store 16 of whole
/// blocks or 64 of small files, or a mix. The most urgent waiter goes first, and the last places
/// are kept for readers who wait. Thread-safe.
public final class RequestGate {
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
  private final int reserved;
  private int free;

  private static final class Waiter {
    final Supplier<Priority> priority;
    final int units;
    final BooleanSupplier wanted;
    final Condition decided;
    boolean passed;
    boolean dismissed;

    Waiter(Supplier<Priority> priority, int units, BooleanSupplier wanted, Condition decided) {
      this.priority = priority;
      this.units = units;
      this.wanted = wanted;
      this.decided = decided;
    }
  }

  /// A store's gate.
  RequestGate() {
    this(UNITS, RESERVED_UNITS);
  }

  /// @param units a block takes 4, a small file 1, as does anything of 0 bytes
  /// @param reserved of these, what only those may take for whom somebody waits
  public RequestGate(int units, int reserved) {
    free = units;
    this.reserved = reserved;
  }

  /// A place, given back by `close()`.
  public final class Permit implements AutoCloseable {
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
    return enterWhile(() -> true, bytes, priority, patience)
        .orElseThrow(() -> new IllegalStateException("dismissed without cause"));
  }

  /// The same, as long as it is `wanted`; call [#reconsider] when it no longer is.
  ///
  /// @return empty when it was not wanted any more
  /// @throws StorageException TIMED_OUT after `patience`, CANCELLED when interrupted
  public Optional<Permit> enterWhile(
      BooleanSupplier wanted, long bytes, Supplier<Priority> priority, Duration patience)
      throws StorageException {
    int units = bytes <= SMALL_BYTES ? SMALL_UNITS : LARGE_UNITS;
    Waiter waiter = new Waiter(priority, units, wanted, lock.newCondition());
    lock.lock();
    try {
      waiters.add(waiter);
      admitWaiters();
      long left = patience.toNanos();
      while (!waiter.passed && !waiter.dismissed) {
        if (left <= 0) {
          waiters.remove(waiter);
          throw StorageException.retryable(
              Kind.TIMED_OUT,
              "no place for a request came free for " + patience.toSeconds() + " s");
        }
        left = waiter.decided.awaitNanos(left);
      }
      return waiter.passed ? Optional.of(new Permit(units)) : Optional.empty();
    } catch (InterruptedException e) {
      if (!waiters.remove(waiter) && waiter.passed) {
        free += units;
        admitWaiters();
      }
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while waiting for a place", e);
    } finally {
      lock.unlock();
    }
  }

  /// Looks at the waiters anew.
  public void reconsider() {
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
    waiters.removeIf(RequestGate::dismiss);
    while (!waiters.isEmpty()) {
      Waiter best = waiters.getFirst();
      for (Waiter waiter : waiters) {
        if (waiter.priority.get().compareTo(best.priority.get()) < 0) {
          best = waiter;
        }
      }
      int usable = best.priority.get().isAwaited() ? free : free - reserved;
      if (best.units > usable) {
        return;
      }
      waiters.remove(best);
      free -= best.units;
      best.passed = true;
      best.decided.signal();
    }
  }

  private static boolean dismiss(Waiter waiter) {
    if (waiter.wanted.getAsBoolean()) {
      return false;
    }
    waiter.dismissed = true;
    waiter.decided.signal();
    return true;
  }
}
