package io.gridset.localstore.behaviour;

import java.time.Duration;

/// What the store grants its clients; every zero means unlimited.
///
/// @param bytesPerSecond body bytes of all connections together, sent and taken each
/// @param connectionBytesPerSecond body bytes of each connection, sent and taken each
/// @param latency from the arrival of a request's head to the response's first byte, at least
/// @param concurrentRequests requests in work at once; others wait
public record Limits(
    long bytesPerSecond, long connectionBytesPerSecond, Duration latency, int concurrentRequests) {
  public static final Limits NONE = new Limits(0, 0, Duration.ZERO, 0);

  public Limits {
    if (bytesPerSecond < 0
        || connectionBytesPerSecond < 0
        || latency.isNegative()
        || concurrentRequests < 0) {
      throw new IllegalArgumentException("limits are not negative");
    }
  }

  public Limits withBytesPerSecond(long rate) {
    return new Limits(rate, connectionBytesPerSecond, latency, concurrentRequests);
  }

  public Limits withConnectionBytesPerSecond(long rate) {
    return new Limits(bytesPerSecond, rate, latency, concurrentRequests);
  }

  public Limits withLatency(Duration time) {
    return new Limits(bytesPerSecond, connectionBytesPerSecond, time, concurrentRequests);
  }

  public Limits withConcurrentRequests(int count) {
    return new Limits(bytesPerSecond, connectionBytesPerSecond, latency, count);
  }

  /// The most bytes to pass between two looks at the bucket: 5 ms' worth of the narrower limit, so
  /// that pacing is smooth at few wake-ups; large when there is no limit.
  long chunkBytes() {
    long rate =
        bytesPerSecond == 0
            ? connectionBytesPerSecond
            : connectionBytesPerSecond == 0
                ? bytesPerSecond
                : Math.min(bytesPerSecond, connectionBytesPerSecond);
    return rate == 0 ? UNLIMITED_CHUNK_BYTES : Math.clamp(rate / 200, 4096, 1 << 20);
  }

  private static final long UNLIMITED_CHUNK_BYTES = 8L << 20;
}
