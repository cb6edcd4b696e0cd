package io.gridset.server.grid;

import io.gridset.client.GridNodeView.Tier;
import java.time.Instant;
import java.util.List;

/// What a node tells the grid of itself, besides its membership.
///
/// @param tiers of all its datasets, by medium
/// @param api where its API listens
/// @param health what is wrong, a sentence each
public record NodeReport(
    Instant started, List<String> api, List<Tier> tiers, long cachedBytes, List<String> health) {
  public NodeReport {
    api = List.copyOf(api);
    tiers = List.copyOf(tiers);
    health = List.copyOf(health);
  }
}
