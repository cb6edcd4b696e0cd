package io.gridset.api;

import io.gridset.client.NodeView;

/// What the API tells about the process it runs in, and how it ends it. Thread-safe.
public interface NodeFacts {
  NodeView describe();

  /// Ends the node soon; returns at once.
  void stop();
}
