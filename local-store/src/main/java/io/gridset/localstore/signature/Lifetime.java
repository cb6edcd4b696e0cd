package io.gridset.localstore.signature;

import java.time.Duration;
import java.util.Optional;

/// The lifetime of a presigned URL.
final class Lifetime {
  /// Both vendors' limit for version 4 signatures.
  private static final Duration LONGEST = Duration.ofDays(7);

  private Lifetime() {}

  /// Reads seconds; empty when it is no number or out of bounds.
  static Optional<Duration> parse(String seconds) {
    try {
      long value = Long.parseLong(seconds);
      return value < 0 || value > LONGEST.toSeconds()
          ? Optional.empty()
          : Optional.of(Duration.ofSeconds(value));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }
}
