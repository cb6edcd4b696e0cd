package io.gridset.server.reader;

import io.gridset.core.unit.DataSize;
import java.util.List;

/// How a reader shares out its memory among datasets: each gets the quota that it has on members
/// while all of them fit, else its part of the memory in the proportion of these quotas. Pure.
///
/// @param memory that all tiers together may take
/// @param wantedBytes the quotas of all
record MemoryShares(DataSize memory, long wantedBytes) {
  /// No tier is smaller: it could not hold some blocks and their successors.
  static final long LEAST_BYTES = 16L << 20;

  static MemoryShares of(DataSize memory, List<Facts.OfDataset> datasets) {
    return new MemoryShares(memory, datasets.stream().mapToLong(Facts.OfDataset::quotaBytes).sum());
  }

  DataSize of(long quotaBytes) {
    if (wantedBytes <= memory.bytes()) {
      return new DataSize(quotaBytes);
    }
    long share = (long) (memory.bytes() * ((double) quotaBytes / wantedBytes));
    return new DataSize(Math.min(quotaBytes, Math.max(LEAST_BYTES, share)));
  }
}
