package io.gridset.server.tree;

import io.gridset.core.block.FileVersion;
import java.util.Optional;

/// Hears what a new listing found different from the old one. Called on the listing's thread; must
/// return at once.
public interface TreeListener {
  /// The file at `path` appeared, went or has another version; `old` is the version it had, where
  /// that is known.
  void changed(String path, Optional<FileVersion> old);
}
