package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/// Waits for a dataset that was applied a moment ago, so that scripts need no loop between `apply`
/// and what follows. One that has failed, or that does not exist, is not waited for: the command
/// itself then says why.
record BoundWait(Surroundings surroundings, GridsetClient client) {
  /// Longer than a store takes to answer its first listing.
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// The control plane's reasons for a dataset that it is still working on.
  private static final Set<String> ON_ITS_WAY = Set.of("Reconciling", "Starting");

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  void await(DatasetName dataset) throws IOException, InterruptedException {
    Instant deadline = surroundings.clock().instant().plus(PATIENCE);
    while (isOnItsWay(dataset) && surroundings.clock().instant().isBefore(deadline)) {
      surroundings.pause().between(BETWEEN_LOOKS);
    }
  }

  private boolean isOnItsWay(DatasetName dataset) throws IOException {
    try {
      JsonNode status = client.resource(ResourceKind.DATASET, dataset).path("status");
      return status.path("conditions").valueStream().anyMatch(BoundWait::isStarting)
          || (status.path("phase").asText().equals("Bound") && !runsHere(dataset));
    } catch (GridsetApiException _) {
      return false;
    }
  }

  /// A node of a grid may have heard of a dataset before it runs there.
  private boolean runsHere(DatasetName dataset) throws IOException {
    return client.datasets().stream().anyMatch(figures -> figures.dataset().equals(dataset));
  }

  private static boolean isStarting(JsonNode condition) {
    return condition.path("type").asText().equals("Ready")
        && ON_ITS_WAY.contains(condition.path("reason").asText());
  }
}
