package io.gridset.localstore.behaviour;

/// A source of monotonic time. A copy of the core's, since the store depends on no other room.
@FunctionalInterface
interface Ticker {
  /// Nanoseconds since an arbitrary origin.
  long nanos();

  /// The machine's monotonic clock.
  static Ticker system() {
    return System::nanoTime;
  }
}
