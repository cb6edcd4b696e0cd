package io.gridset.server.cluster;

import io.gridset.core.dataset.DatasetUsage;

/// Makes the cluster's figures of a dataset from this node's. Thread-safe; never waits.
@FunctionalInterface
public interface ClusterFigures {
  /// @param uid of the dataset
  /// @param here what this node alone can tell
  DatasetUsage of(String uid, DatasetUsage here);
}
