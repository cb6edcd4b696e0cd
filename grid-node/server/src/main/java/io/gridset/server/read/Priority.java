package io.gridset.server.read;

/// Who wants a block, most urgent first.
enum Priority {
  /// A reader waits for it.
  DEMAND,
  /// A reader will probably want it soon.
  AHEAD,
  /// A load fetches it.
  LOAD
}
