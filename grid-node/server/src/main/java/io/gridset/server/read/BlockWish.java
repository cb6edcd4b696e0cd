package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.Copies;
import io.gridset.server.tree.TreeFile;

/// A block that a flight is to bring.
///
/// @param datasetUid of the dataset that owns the bytes
/// @param copies whether the dataset's blocks that are at home elsewhere are kept here
/// @param course who may bring it, and where it comes from; changes while it flies
public record BlockWish(
    String datasetUid,
    TreeFile file,
    BlockLayout layout,
    int block,
    Copies copies,
    FlightCourse course) {
  public BlockKey key() {
    return new BlockKey(file.version(), block);
  }

  /// Whether others may be told that this node will have it.
  public boolean isKept() {
    return copies == Copies.WHILE_THERE_IS_ROOM || course.isLoaded();
  }

  public ByteRange range() {
    return layout.range(block);
  }
}
