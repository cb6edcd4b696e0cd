package io.gridset.server.load;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.Ranking;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.tree.TreeFile;
import java.util.BitSet;
import java.util.List;

/// Which blocks one member is to hold for a load, by one view: those for which it is among the
/// first in rank. Pure; thread-safe.
final class Share {
  private final Ranking ranking;
  private final String self;
  private final LoadOptions options;
  private final int members;
  private final boolean holds;

  /// @param self the member; while none has capacity everything is its
  Share(Ranking ranking, String self, LoadOptions options) {
    this.ranking = ranking;
    this.self = self;
    this.options = options;
    List<Member> holders =
        ranking.view().members().stream().filter(one -> one.weight() > 0).toList();
    members = holders.size();
    holds = holders.stream().anyMatch(one -> one.id().equals(self));
  }

  /// What this member is to hold of one file.
  ///
  /// @param blocks which ones
  /// @param bytes in them
  record Part(TreeFile file, BitSet blocks, long bytes) {
    boolean isWhole() {
      return bytes == file.entry().sizeBytes();
    }

    /// Bytes of it that are here now.
    long presentBytes(CachedDatasetFiles files) {
      if (bytes == 0) {
        return 0;
      }
      return isWhole()
          ? files.cache().presentBytes(file.version())
          : files.presentBytes(file, blocks);
    }
  }

  Part of(TreeFile file, int blockBytes) {
    BlockLayout layout = new BlockLayout(file.entry().sizeBytes(), blockBytes);
    BitSet blocks = new BitSet(layout.blockCount());
    int replicas = replicas(file);
    if (members == 0 || (replicas >= members && holds)) {
      blocks.set(0, layout.blockCount());
      return new Part(file, blocks, layout.fileBytes());
    }
    long bytes = 0;
    for (int block = 0; block < layout.blockCount(); block++) {
      if (isHere(new BlockKey(file.version(), block), replicas)) {
        blocks.set(block);
        bytes += layout.range(block).length();
      }
    }
    return new Part(file, blocks, bytes);
  }

  /// Whether a block is at home here, and no replica.
  boolean isHome(TreeFile file, int block) {
    return members == 0 || isHere(new BlockKey(file.version(), block), 1);
  }

  /// Whether others hold the file's blocks as well.
  boolean hasReplicas(TreeFile file) {
    return replicas(file) > 1;
  }

  /// Bytes of the file that all members together are to hold.
  long wantedBytes(TreeFile file) {
    return file.entry().sizeBytes() * Math.max(1, replicas(file));
  }

  private int replicas(TreeFile file) {
    return Math.min(options.replicasOf(file.entry().path()), members);
  }

  private boolean isHere(BlockKey key, int replicas) {
    if (replicas == 1) {
      return ranking.home(key).filter(home -> home.id().equals(self)).isPresent();
    }
    for (Member member : ranking.first(key, replicas)) {
      if (member.id().equals(self)) {
        return true;
      }
    }
    return false;
  }
}
