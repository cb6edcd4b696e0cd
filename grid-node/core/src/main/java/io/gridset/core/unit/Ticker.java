package io.gridset.core.unit;

/// A source of monotonic time; the seam that lets tests drive time.
@FunctionalInterface
public interface Ticker {
  /// Nanoseconds since an arbitrary origin.
  long nanos();

  /// The machine's monotonic clock.
  static Ticker system() {
    return System::nanoTime;
  }
}
