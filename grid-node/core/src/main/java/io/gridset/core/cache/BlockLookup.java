package io.gridset.core.cache;

/// Whether a block is here.
public sealed interface BlockLookup {
  /// It is; `bytes` must be closed by the caller.
  record Hit(PinnedBytes bytes) implements BlockLookup {}

  /// It is not.
  record Miss() implements BlockLookup {}
}
