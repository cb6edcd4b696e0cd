package io.gridset.operator.kube;

import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Keys to be looked at, each by one worker at a time; one that is added while a worker has it
/// comes again afterwards. Failures of a key space its turns out exponentially. Thread-safe.
///
/// @param <K> what is looked at
final class WorkQueue<K> {
  private static final Duration FIRST_BACK_OFF = Duration.ofMillis(100);
  private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(60);

  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<K, Long> due = new HashMap<>();
  private final Set<K> taken = new HashSet<>();
  private final Map<K, Integer> failures = new HashMap<>();
  private boolean closed;

  WorkQueue(Ticker ticker) {
    this.ticker = ticker;
  }

  void add(K key) {
    addAfter(key, Duration.ZERO);
  }

  /// The earliest time that was asked for counts.
  void addAfter(K key, Duration delay) {
    long at = ticker.nanos() + delay.toNanos();
    lock.lock();
    try {
      due.merge(key, at, (left, right) -> left - right <= 0 ? left : right);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for the next key that is due; empty when the queue is closed. Whoever takes a key says
  /// [#done] or [#failed].
  Optional<K> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed) {
        long now = ticker.nanos();
        long wait = Long.MAX_VALUE;
        for (Map.Entry<K, Long> entry : due.entrySet()) {
          if (taken.contains(entry.getKey())) {
            continue;
          }
          long left = entry.getValue() - now;
          if (left <= 0) {
            K key = entry.getKey();
            due.remove(key);
            taken.add(key);
            return Optional.of(key);
          }
          wait = Math.min(wait, left);
        }
        if (wait == Long.MAX_VALUE) {
          changed.await();
        } else {
          var _ = changed.awaitNanos(wait);
        }
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  void done(K key) {
    lock.lock();
    try {
      failures.remove(key);
      taken.remove(key);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Gives the key back, to come again later.
  void failed(K key) {
    lock.lock();
    try {
      int times = failures.merge(key, 1, Integer::sum);
      long wait =
          Math.min(FIRST_BACK_OFF.toNanos() << Math.min(times - 1, 16), LONGEST_BACK_OFF.toNanos());
      taken.remove(key);
      addAfter(key, Duration.ofNanos(wait));
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
