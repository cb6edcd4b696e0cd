package io.gridset.api;

import io.gridset.client.NodeView;
import io.gridset.core.dataset.DatasetHost.Disposal;

/// What the API tells about the process it runs in, and how it ends it. Thread-safe.
public interface NodeFacts {
  NodeView describe();

  /// Ends the node soon; returns at once. What becomes of all cached bytes is said by `disposal`.
  void stop(Disposal disposal);
}
