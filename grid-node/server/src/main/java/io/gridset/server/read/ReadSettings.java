package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.dataset.Copies;
import java.time.Duration;
import java.util.function.UnaryOperator;

/// How files are read.
///
/// @param blockBytes a power of two
/// @param patience longest wait of one read for its blocks, for a place at the store, for a buffer
/// @param budget shared by all datasets of the process
/// @param copies whether blocks at home elsewhere are kept
/// @param sources given each dataset's origin, where its blocks come from; the origin itself when
///   the node is alone
public record ReadSettings(
    int blockBytes,
    Duration patience,
    MemoryBudget budget,
    Homes homes,
    Copies copies,
    UnaryOperator<BlockSource> sources) {
  /// Longer than the stores' own deadlines with their retries, so that their message arrives first;
  /// short enough that a stuck reader learns of it.
  public static final Duration DEFAULT_PATIENCE = Duration.ofMinutes(2);

  /// For a node alone, with the usual block size and patience.
  public static ReadSettings of(MemoryBudget budget, Homes homes) {
    return new ReadSettings(
        BlockLayout.DEFAULT_BLOCK_BYTES,
        DEFAULT_PATIENCE,
        budget,
        homes,
        Copies.WHILE_THERE_IS_ROOM,
        origin -> origin);
  }

  /// The same with blocks from elsewhere first.
  public ReadSettings withSources(UnaryOperator<BlockSource> wanted) {
    return new ReadSettings(blockBytes, patience, budget, homes, copies, wanted);
  }

  public ReadSettings withCopies(Copies wanted) {
    return new ReadSettings(blockBytes, patience, budget, homes, wanted, sources);
  }
}
