package io.gridset.server.tree;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.UnderStore;

/// An open under store and where it appears in the tree.
///
/// @param name the mount's name; part of every file version
/// @param path where it appears: no leading slash, empty for the root
public record MountedStore(String name, String path, UnderStore store) {
  /// Places an opened store where its definition says.
  public static MountedStore of(MountDefinition definition, UnderStore store) {
    String path = definition.path().substring(1);
    return new MountedStore(
        definition.name(), path.endsWith("/") ? path.substring(0, path.length() - 1) : path, store);
  }

  /// The path in the store of the tree's `path`, which must lie at or below this mount.
  String inStore(String treePath) {
    if (path.isEmpty()) {
      return treePath;
    }
    return treePath.length() == path.length() ? "" : treePath.substring(path.length() + 1);
  }
}
