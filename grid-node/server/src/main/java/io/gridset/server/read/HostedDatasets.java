package io.gridset.server.read;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.SharedDirectory;
import java.util.List;
import java.util.Optional;

/// The datasets that run on this node now, for those who know them by UID. Thread-safe.
public interface HostedDatasets {
  /// A running dataset that has bytes of its own.
  record Hosted(DatasetName name, String uid, CachedDatasetFiles files) {}

  List<Hosted> hosted();

  /// The directories of the dataset of this UID that others show here.
  default List<SharedDirectory> shared(String uid) {
    return List.of();
  }

  default Optional<Hosted> hosted(String uid) {
    return hosted().stream().filter(dataset -> dataset.uid().equals(uid)).findFirst();
  }
}
