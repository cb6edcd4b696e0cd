package io.gridset.server.host;

import io.gridset.core.unit.Ticker;
import io.gridset.server.read.ReadSettings;
import java.time.Duration;

/// What a host is made of.
///
/// @param startPatience longest wait for all mounts of a dataset to answer at start
public record HostSettings(
    StoreFactory stores,
    CacheFactory caches,
    ReadSettings reading,
    Ticker ticker,
    Duration startPatience) {
  /// Long enough for a slow store's first page with a retry; a wrong endpoint shows within it.
  public static final Duration DEFAULT_START_PATIENCE = Duration.ofSeconds(30);
}
