package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import java.nio.file.Path;

/// A dataset's FUSE mount on this node, which all its volumes show.
///
/// @param mountPoint absolute
public record FuseVolume(DatasetName dataset, Path mountPoint) {
  /// What the server of this dataset calls itself in the mount table: a mount of another dataset at
  /// the same place is none of ours.
  public String source() {
    return "gridset:" + dataset;
  }

  @Override
  public String toString() {
    return dataset + " at " + mountPoint;
  }
}
