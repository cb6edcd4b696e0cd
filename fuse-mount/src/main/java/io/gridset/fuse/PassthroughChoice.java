package io.gridset.fuse;

/// Whether the kernel may read complete cache files by itself.
public enum PassthroughChoice {
  /// When the kernel agrees, and copying otherwise.
  AUTO,
  /// As AUTO, with cache files that lie on a stacked file system such as a container's overlay
  /// root. No overlay can then be mounted on top of the mount.
  AUTO_STACKED,
  /// Every read is copied through this process.
  OFF
}
