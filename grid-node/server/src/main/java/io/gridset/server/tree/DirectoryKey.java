package io.gridset.server.tree;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;

/// One directory of one mount, in words that mean the same on every member.
///
/// @param datasetUid of the dataset
/// @param mount the mount's name in it
/// @param storePath the directory's path in the mount's store; empty for the mount point itself
public record DirectoryKey(String datasetUid, String mount, String storePath) {
  /// What it is ranked by: its home is found as a block's is.
  public BlockKey ranked() {
    return new BlockKey(FileVersion.of(datasetUid, mount, storePath, "listing"), 0);
  }
}
