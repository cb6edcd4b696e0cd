package io.gridset.server.grid;

import io.gridset.server.state.SharedMap;
import io.gridset.server.state.SharedMaps;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The shared maps of a member. They work before the join and without one. Thread-safe.
final class GridMaps implements SharedMaps {
  private final GridWorker worker;
  private final Map<String, MirroredMap> maps = new ConcurrentHashMap<>();

  GridMaps(GridWorker worker) {
    this.worker = worker;
  }

  @Override
  public SharedMap map(String name) {
    return maps.computeIfAbsent(
        name,
        fresh -> {
          MirroredMap map = new MirroredMap(MemberConfig.SHARED_MAPS + fresh, worker);
          worker.add(map);
          return map;
        });
  }

  /// A split has healed.
  void merged() {
    maps.values().forEach(MirroredMap::merged);
  }

  boolean isSettled() {
    return maps.values().stream().allMatch(MirroredMap::isSettled);
  }
}
