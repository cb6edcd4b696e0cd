package io.gridset.server.store.range;

import java.time.Duration;

/// What one request to a store may take.
///
/// @param connectTimeout for name resolution, and again for connecting (TLS handshake included)
/// @param requestDeadline for a whole request, beyond the time that its bytes take at the slowest
///   rate
/// @param stallTimeout the longest wait for the next byte
/// @param maxConnections requests in flight per store; more wait for a free connection
/// @param slowestBytesPerSecond below this average a transfer is given up
public record TransferLimits(
    Duration connectTimeout,
    Duration requestDeadline,
    Duration stallTimeout,
    int maxConnections,
    long slowestBytesPerSecond) {
  /// Stores answer within milliseconds; a silent one is given up well before a reader's patience.
  /// 64 connections of 256 KiB buffers are 16 MiB.
  public static final TransferLimits DEFAULT =
      new TransferLimits(
          Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(15), 64, 128 << 10);

  public TransferLimits {
    requirePositive("connectTimeout", connectTimeout);
    requirePositive("requestDeadline", requestDeadline);
    requirePositive("stallTimeout", stallTimeout);
    if (maxConnections < 1 || slowestBytesPerSecond < 1) {
      throw new IllegalArgumentException("maxConnections and slowestBytesPerSecond start at 1");
    }
  }

  /// The deadline of a request that moves `bytes` bytes.
  public Duration budget(long bytes) {
    return requestDeadline.plusMillis((long) (bytes * 1000.0 / slowestBytesPerSecond));
  }

  private static void requirePositive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + " must be positive, not " + value);
    }
  }
}
