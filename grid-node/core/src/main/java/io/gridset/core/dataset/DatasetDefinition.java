package io.gridset.core.dataset;

import java.util.List;

/// A dataset as a node runs it.
///
/// @param uid never reused; the owner in every cache key. A `dataset://` dataset has its own
/// @param mounts at least one; paths are disjoint or nested, never equal
/// @param tiers top tier first; empty for a dataset that only refers to another (`dataset://`)
/// @param copies whether those who read it keep blocks that are at home elsewhere
public record DatasetDefinition(
    String uid,
    DatasetName name,
    List<MountDefinition> mounts,
    List<TierDefinition> tiers,
    MetadataPolicy metadata,
    Copies copies) {
  /// Of a dataset whose copies are kept while there is room.
  public DatasetDefinition(
      String uid,
      DatasetName name,
      List<MountDefinition> mounts,
      List<TierDefinition> tiers,
      MetadataPolicy metadata) {
    this(uid, name, mounts, tiers, metadata, Copies.WHILE_THERE_IS_ROOM);
  }

  public DatasetDefinition {
    mounts = List.copyOf(mounts);
    tiers = List.copyOf(tiers);
    if (mounts.isEmpty()) {
      throw new IllegalArgumentException("dataset " + name + " has no mounts");
    }
  }
}
