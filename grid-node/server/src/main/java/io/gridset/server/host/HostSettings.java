package io.gridset.server.host;

import io.gridset.core.unit.Ticker;
import io.gridset.server.read.ReadSettings;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.tree.ListingExchange;
import java.time.Duration;

/// What a host is made of.
///
/// @param startPatience longest wait for all mounts of a dataset to answer at start
public record HostSettings(
    StoreFactory stores,
    CacheFactory caches,
    ReadSettings reading,
    Ticker ticker,
    Duration startPatience,
    Sharing sharing) {
  /// Long enough for a slow store's first page with a retry; a wrong endpoint shows within it.
  public static final Duration DEFAULT_START_PATIENCE = Duration.ofSeconds(30);

  /// What a host shares with others.
  ///
  /// @param listings where listings come from besides the stores
  /// @param maps where the members of the grid tell each other of their loads
  public record Sharing(ListingExchange listings, SharedMaps maps) {
    /// For a node that keeps no listings and has no others to ask.
    public static Sharing nothing() {
      return new Sharing(ListingExchange.NONE, SharedMaps.alone());
    }
  }

  /// For a host that shares nothing.
  public HostSettings(
      StoreFactory stores,
      CacheFactory caches,
      ReadSettings reading,
      Ticker ticker,
      Duration startPatience) {
    this(stores, caches, reading, ticker, startPatience, Sharing.nothing());
  }
}
