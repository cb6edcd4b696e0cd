package io.gridset.core.dataset;

import java.time.Duration;

/// How long a listing is believed. `immutable` never asks again, `always` asks every time.
public record MetadataPolicy(Duration timeToLive) {
  private static final Duration FOREVER = Duration.ofDays(36_500);

  /// The default: 60 seconds.
  public static final MetadataPolicy DEFAULT = new MetadataPolicy(Duration.ofSeconds(60));

  public static final MetadataPolicy IMMUTABLE = new MetadataPolicy(FOREVER);

  public static final MetadataPolicy ALWAYS = new MetadataPolicy(Duration.ZERO);

  public boolean isImmutable() {
    return timeToLive.equals(FOREVER);
  }
}
