package io.gridset.server.read;

/// Who wants a block, most urgent first.
public enum Priority {
  /// A reader of this node waits for it.
  DEMAND,
  /// Another member waits for it.
  PEER,
  /// A reader will probably want it soon.
  AHEAD,
  /// A load fetches it.
  LOAD;

  /// Whether somebody waits.
  boolean isAwaited() {
    return this == DEMAND || this == PEER;
  }
}
