package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.server.tree.TreeFile;

/// A block that a flight is to bring.
///
/// @param datasetUid of the dataset that owns the bytes
/// @param course who may bring it, and where it comes from; changes while it flies
public record BlockWish(
    String datasetUid, TreeFile file, BlockLayout layout, int block, FlightCourse course) {
  public BlockKey key() {
    return new BlockKey(file.version(), block);
  }

  public ByteRange range() {
    return layout.range(block);
  }
}
