package io.gridset.core.cache;

/// Why a node keeps a block.
public enum Purpose {
  /// The cluster counts on this node for it: other blocks make room.
  HOME,
  /// The cluster counts on this node for it, and a member that leaves hands it over: only blocks
  /// that are not at home here make room, for a home block that goes would have to come from the
  /// origin again.
  HANDOVER,
  /// A load asked for it although other members are its homes: only blocks that are not at home
  /// here make room, and it goes after the copies.
  REPLICA,
  /// For this node's own readers, while there is room: the first to go.
  COPY
}
