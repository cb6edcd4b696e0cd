package io.gridset.core.cache;

import java.util.List;

/// What the cache of this node holds.
///
/// @param tiers top tier first
public record CacheUsage(List<Tier> tiers) {
  /// @param medium MEM, SSD or HDD
  /// @param usedBytes what the file system really holds for it, unlinked but mapped files included
  public record Tier(
      String medium, String path, long quotaBytes, long usedBytes, long files, long evictedFiles) {}

  public CacheUsage {
    tiers = List.copyOf(tiers);
  }

  public long quotaBytes() {
    return tiers.stream().mapToLong(Tier::quotaBytes).sum();
  }

  public long usedBytes() {
    return tiers.stream().mapToLong(Tier::usedBytes).sum();
  }
}
