package io.gridset.core.dataset;

import java.util.Map;

/// How a load spreads over the members of a grid.
///
/// @param replicas members that are to hold each block; 1 when it is less
/// @param targetReplicas the same for what lies at or below a path, where that is more
/// @param bytesPerSecond what the whole load may take from the origin; 0 for no limit
public record LoadOptions(int replicas, Map<String, Integer> targetReplicas, long bytesPerSecond) {
  public static final LoadOptions DEFAULT = new LoadOptions(1, Map.of(), 0);

  public LoadOptions {
    // What is read from the wire may lack the map.
    replicas = Math.max(1, replicas);
    targetReplicas = targetReplicas == null ? Map.of() : Map.copyOf(targetReplicas);
    if (bytesPerSecond < 0) {
      throw new IllegalArgumentException("negative bandwidth: " + bytesPerSecond);
    }
  }

  /// Members that are to hold the blocks of the file at `path`: the most that anything above asks.
  public int replicasOf(String path) {
    int most = replicas;
    for (Map.Entry<String, Integer> target : targetReplicas.entrySet()) {
      String above = target.getKey();
      if (above.isEmpty() || path.equals(above) || path.startsWith(above + "/")) {
        most = Math.max(most, target.getValue());
      }
    }
    return most;
  }
}
