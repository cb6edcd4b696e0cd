package io.gridset.server.load;

import io.gridset.core.unit.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// A token bucket that may run into debt: whoever finds it not empty takes a whole block, and the
/// next ones wait until that is paid off, so any block passes however low the rate is. Thread-safe.
final class ByteRate {
  /// What may be saved up while nothing is fetched: little, so that no second sees much more than
  /// its due.
  private static final double SAVED_SECONDS = 0.1;

  /// Longest wait before rate and wish are looked at again.
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private double bytesPerSecond;
  private double tokens;
  private long atNanos;

  /// @param bytesPerSecond 0 for no limit
  ByteRate(Ticker ticker, double bytesPerSecond) {
    this.ticker = ticker;
    this.bytesPerSecond = bytesPerSecond;
    atNanos = ticker.nanos();
    tokens = bytesPerSecond * SAVED_SECONDS;
  }

  /// From now on; what is owed stays owed.
  void set(double wanted) {
    lock.lock();
    try {
      fill();
      bytesPerSecond = wanted;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until `bytes` may be fetched; false when they are no longer `wanted`.
  boolean take(long bytes, BooleanSupplier wanted) {
    lock.lock();
    try {
      while (wanted.getAsBoolean()) {
        fill();
        if (bytesPerSecond <= 0) {
          return true;
        }
        if (tokens > 0) {
          tokens -= bytes;
          return true;
        }
        double nanos = Math.ceil((1 - tokens) / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        var _ = changed.awaitNanos(Math.clamp((long) nanos, 1L, LOOK_NANOS));
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// Gives back what was taken for bytes that came from elsewhere than the origin.
  void giveBack(long bytes) {
    lock.lock();
    try {
      tokens += bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void fill() {
    long now = ticker.nanos();
    double earned = (now - atNanos) * bytesPerSecond / TimeUnit.SECONDS.toNanos(1);
    tokens = Math.min(tokens + earned, bytesPerSecond * SAVED_SECONDS);
    atNanos = now;
  }
}
