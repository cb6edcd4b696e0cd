package io.gridset.core.dataset;

import io.gridset.core.unit.DataSize;

/// One level of a tiered store.
///
/// @param medium MEM, SSD or HDD
/// @param path the directory that holds the tier, as the manifest says
/// @param highWatermark fill ratio at which eviction starts, 0 to 1
/// @param lowWatermark fill ratio at which it stops
public record TierDefinition(
    Medium medium, String path, DataSize quota, double highWatermark, double lowWatermark) {
  /// What a tier is made of.
  public enum Medium {
    MEM,
    SSD,
    HDD
  }

  public TierDefinition {
    if (!(lowWatermark >= 0 && lowWatermark <= highWatermark && highWatermark <= 1)) {
      throw new IllegalArgumentException(
          "watermarks must be 0 <= low <= high <= 1, not low "
              + lowWatermark
              + ", high "
              + highWatermark);
    }
  }
}
