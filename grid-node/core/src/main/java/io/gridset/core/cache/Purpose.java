package io.gridset.core.cache;

/// Why a node keeps a block.
public enum Purpose {
  /// The cluster counts on this node for it: other blocks make room.
  HOME,
  /// For this node's own readers, while there is room: the first to go.
  COPY
}
