package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import java.time.Duration;

/// How files are read.
///
/// @param blockBytes a power of two
/// @param patience longest wait of one read for its blocks, for a place at the store, for a buffer
/// @param budget shared by all datasets of the process
public record ReadSettings(int blockBytes, Duration patience, MemoryBudget budget, Homes homes) {
  /// Longer than the stores' own deadlines with their retries, so that their message arrives first;
  /// short enough that a stuck reader learns of it.
  public static final Duration DEFAULT_PATIENCE = Duration.ofMinutes(2);

  public static ReadSettings of(MemoryBudget budget, Homes homes) {
    return new ReadSettings(BlockLayout.DEFAULT_BLOCK_BYTES, DEFAULT_PATIENCE, budget, homes);
  }
}
