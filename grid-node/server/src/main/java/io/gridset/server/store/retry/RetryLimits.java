package io.gridset.server.store.retry;

import java.time.Duration;

/// How long to go on trying.
///
/// @param maxAttempts attempts in a row that brought nothing
/// @param firstDelay the back-off after the first failure; doubles each time
/// @param longestDelay the most that the back-off grows to; a store's Retry-After may be longer
/// @param deadline for all attempts of one operation, beyond what its bytes may take
public record RetryLimits(
    int maxAttempts, Duration firstDelay, Duration longestDelay, Duration deadline) {
  /// Rides out a server's restart or a short throttling (attempts without progress span at least
  /// six seconds), and fails within two minutes.
  public static final RetryLimits DEFAULT =
      new RetryLimits(8, Duration.ofMillis(100), Duration.ofSeconds(5), Duration.ofSeconds(90));

  public RetryLimits {
    if (maxAttempts < 1 || firstDelay.isNegative() || longestDelay.compareTo(firstDelay) < 0) {
      throw new IllegalArgumentException(
          "maxAttempts starts at 1, and firstDelay is at most longestDelay");
    }
  }
}
