package io.gridset.localstore.behaviour;

import java.util.concurrent.locks.LockSupport;

/// Monotonic time and waiting for it; the seam that lets tests drive bandwidth and latency.
public interface Pacing {
  /// Nanoseconds since an arbitrary origin.
  long nanos();

  /// Waits until the time has come; returns at once if it has passed.
  void sleepUntil(long nanos) throws InterruptedException;

  /// The machine's monotonic clock.
  static Pacing system() {
    return new Parked(Ticker.system());
  }

  /// Waits by parking the thread.
  ///
  /// @param ticker must advance as the machine's time does, since that is what a park lasts by
  record Parked(Ticker ticker) implements Pacing {
    @Override
    public long nanos() {
      return ticker.nanos();
    }

    @Override
    public void sleepUntil(long nanos) throws InterruptedException {
      for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        LockSupport.parkNanos(left);
      }
    }
  }
}
