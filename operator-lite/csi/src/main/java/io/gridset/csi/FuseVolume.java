package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import java.nio.file.Path;

/// A dataset's FUSE mount on this node, which all its volumes show.
///
/// @param mountPoint absolute
/// @param nodeLabel that makes a FUSE pod run on a node; empty when the volume names none
public record FuseVolume(DatasetName dataset, Path mountPoint, String nodeLabel) {
  /// What the server of this dataset calls itself in the mount table: a mount of another dataset at
  /// the same place is none of ours.
  public String source() {
    return "gridset:" + dataset;
  }

  /// Whether ending one takes the other along. Fluid's labels are the same for `a/b-c` and `a-b/c`.
  boolean sharesItsServerWith(FuseVolume other) {
    return (dataset.equals(other.dataset) && mountPoint.equals(other.mountPoint))
        || (!nodeLabel.isEmpty() && nodeLabel.equals(other.nodeLabel));
  }

  @Override
  public String toString() {
    return dataset + " at " + mountPoint;
  }
}
