package io.gridset.server.read;

import io.gridset.core.dataset.DatasetName;
import java.util.List;
import java.util.Optional;

/// The datasets that run on this node now, for those who know them by UID. Thread-safe.
public interface HostedDatasets {
  /// A running dataset that has bytes of its own.
  record Hosted(DatasetName name, String uid, CachedDatasetFiles files) {}

  List<Hosted> hosted();

  default Optional<Hosted> hosted(String uid) {
    return hosted().stream().filter(dataset -> dataset.uid().equals(uid)).findFirst();
  }
}
