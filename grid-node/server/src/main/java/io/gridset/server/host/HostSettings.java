package io.gridset.server.host;

import io.gridset.core.unit.Ticker;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.tree.ListingExchange;
import java.time.Duration;

/// What a host is made of.
///
/// @param startPatience longest wait for all mounts of a dataset to answer at start
/// @param listings where listings come from besides the stores
/// @param shared where the members of the grid tell each other of their loads
public record HostSettings(
    StoreFactory stores,
    CacheFactory caches,
    ReadSettings reading,
    Ticker ticker,
    Duration startPatience,
    ListingExchange listings,
    SharedMaps shared) {
  /// Long enough for a slow store's first page with a retry; a wrong endpoint shows within it.
  public static final Duration DEFAULT_START_PATIENCE = Duration.ofSeconds(30);

  /// For a node that keeps no listings and has no others to ask.
  public HostSettings(
      StoreFactory stores,
      CacheFactory caches,
      ReadSettings reading,
      Ticker ticker,
      Duration startPatience) {
    this(stores, caches, reading, ticker, startPatience, ListingExchange.NONE, SharedMaps.alone());
  }
}
