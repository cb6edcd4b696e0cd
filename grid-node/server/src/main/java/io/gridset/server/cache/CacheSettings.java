package io.gridset.server.cache;

import io.gridset.core.dataset.TierDefinition.Medium;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Where a block cache keeps its bytes.
///
/// @param tiers top tier first; each has a directory of its own
public record CacheSettings(List<Tier> tiers) {
  /// One tier.
  ///
  /// @param directory a directory that nothing else uses; created when missing
  /// @param quotaBytes most bytes of cache files, as the file system counts them (the table comes
  ///   on top: 96 bytes a file and 8 a block)
  /// @param highWatermark fill ratio at which eviction or demotion starts, 0 to 1
  /// @param lowWatermark fill ratio at which it stops
  public record Tier(
      Medium medium, Path directory, long quotaBytes, double highWatermark, double lowWatermark) {
    public Tier {
      if (quotaBytes <= 0) {
        throw new IllegalArgumentException("quota of " + directory + " must be positive");
      }
      if (!(lowWatermark >= 0 && lowWatermark <= highWatermark && highWatermark <= 1)) {
        throw new IllegalArgumentException(
            "watermarks of " + directory + " must be 0 <= low <= high <= 1");
      }
    }
  }

  public CacheSettings {
    tiers = List.copyOf(tiers);
    Set<Path> directories = new HashSet<>();
    for (Tier tier : tiers) {
      if (!directories.add(tier.directory().toAbsolutePath().normalize())) {
        throw new IllegalArgumentException("two tiers share the directory " + tier.directory());
      }
    }
    if (tiers.isEmpty()) {
      throw new IllegalArgumentException("a cache needs at least one tier");
    }
  }
}
