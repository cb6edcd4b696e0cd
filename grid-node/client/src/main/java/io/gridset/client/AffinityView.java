package io.gridset.client;

import io.gridset.core.dataset.DatasetName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which nodes hold how much of a dataset.
///
/// @param totalBytes of the dataset at its origin; null while it is being listed
/// @param here the name of the node that answered
/// @param nodes those that hold some of it, most bytes first
public record AffinityView(
    DatasetName dataset, @Nullable Long totalBytes, String here, List<Held> nodes) {
  /// What one node holds.
  ///
  /// @param node its name; a scheduling hint takes it for the host's
  /// @param heldBytes copies included: they serve its readers as well
  /// @param percentage of `totalBytes`, 0 to 100; of all bytes held while that is not known
  public record Held(String node, long heldBytes, double percentage) {}

  public AffinityView {
    nodes = List.copyOf(nodes);
  }
}
