package io.gridset.node;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.GridNodeView.Tier;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.server.grid.NodeReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// What this node tells the grid of itself.
///
/// @param api where its API listens
/// @param disk what is wrong with the state directory
record NodeSelf(
    Instant started,
    List<String> api,
    DatasetHost host,
    ControlPlane control,
    Supplier<List<String>> disk)
    implements Supplier<NodeReport> {
  /// Datasets that do not run here are named up to so many; more make a message that nobody reads.
  private static final int TOLD_MAX = 5;

  @Override
  public NodeReport get() {
    CacheUsage usage = host.cacheUsage();
    Map<String, Tier> tiers = new TreeMap<>();
    for (CacheUsage.Tier tier : usage.tiers()) {
      tiers.merge(
          tier.medium(),
          new Tier(tier.medium(), tier.quotaBytes(), tier.usedBytes()),
          (a, b) ->
              new Tier(a.medium(), a.quotaBytes() + b.quotaBytes(), a.usedBytes() + b.usedBytes()));
    }
    return new NodeReport(started, api, List.copyOf(tiers.values()), usage.usedBytes(), health());
  }

  private List<String> health() {
    List<String> wrong = new ArrayList<>(disk.get());
    int others = wrong.size();
    for (JsonNode dataset : control.list(ResourceKind.DATASET, Optional.empty())) {
      if (dataset.at("/status/phase").asText().equals("Failed")
          && wrong.size() - others < TOLD_MAX) {
        JsonNode metadata = dataset.path("metadata");
        wrong.add(
            "the dataset "
                + metadata.path("namespace").asText()
                + "/"
                + metadata.path("name").asText()
                + " does not run here");
      }
    }
    return wrong;
  }
}
