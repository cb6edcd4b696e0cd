package io.gridset.localstore.behaviour;

/// A token bucket kept as the time at which all bytes reserved so far will have been paid for (the
/// virtual scheduling form of the generic cell rate algorithm, ITU-T I.371). Reservations are
/// served first come, first served, so connections that each ask for one chunk at a time share
/// fairly. Thread-safe.
final class TokenBucket {
  /// Credit an idle bucket keeps: covers late wake-ups, so that the mean rate is met, and is too
  /// small to show (a tenth of a percent of a 10 s transfer).
  static final long CREDIT_NANOS = 10_000_000;

  private static final double NANOS_PER_SECOND = 1e9;

  private long paidUntil = Long.MIN_VALUE;

  /// Reserves bytes.
  ///
  /// @param bytesPerSecond the rate; 0 = unlimited
  /// @return the time from which they may be sent
  synchronized long reserve(long bytes, long bytesPerSecond, long now) {
    if (bytesPerSecond == 0) {
      paidUntil = now;
      return now;
    }
    long from = Math.max(paidUntil, now - CREDIT_NANOS);
    paidUntil = from + (long) (bytes * NANOS_PER_SECOND / bytesPerSecond);
    return paidUntil;
  }
}
