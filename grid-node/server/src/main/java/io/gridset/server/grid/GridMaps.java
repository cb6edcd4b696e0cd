package io.gridset.server.grid;

import io.gridset.server.state.SharedMap;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.state.SharedTable;
import io.gridset.server.state.SharedTables;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The shared maps of a member, which work before the join and without one, and its tables.
/// Thread-safe.
final class GridMaps implements SharedMaps, SharedTables {
  private final GridWorker worker;
  private final Map<String, MirroredMap> maps = new ConcurrentHashMap<>();
  private final GridTable objects;
  private final GridTable claims;

  /// @param worker of the maps
  /// @param tableWorker of what is changed by compare-and-set, while `admission` lets changes pass
  GridMaps(GridWorker worker, GridWorker tableWorker, Runnable admission) {
    this.worker = worker;
    objects = new GridTable(MemberConfig.OBJECTS, tableWorker, admission);
    claims = new GridTable(MemberConfig.CLAIMS, tableWorker, admission);
    tableWorker.add(objects);
    tableWorker.add(claims);
  }

  @Override
  public SharedTable objects() {
    return objects;
  }

  @Override
  public SharedTable claims() {
    return claims;
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
    objects.merged();
    claims.merged();
  }

  boolean isSettled() {
    return maps.values().stream().allMatch(MirroredMap::isSettled);
  }
}
