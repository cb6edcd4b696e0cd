package io.gridset.server.state;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// The shared maps of a grid, by name.
public interface SharedMaps {
  SharedMap map(String name);

  /// For a node that has no other members, and for several nodes of one process in tests.
  static SharedMaps alone() {
    Map<String, SharedMap> maps = new ConcurrentHashMap<>();
    return name -> maps.computeIfAbsent(name, _ -> new InProcess());
  }

  /// A map of one process.
  final class InProcess implements SharedMap {
    private final Map<String, String> entries = new ConcurrentHashMap<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

    private InProcess() {}

    @Override
    public Map<String, String> entries() {
      return Map.copyOf(entries);
    }

    @Override
    public void put(String key, String value) {
      if (!value.equals(entries.put(key, value))) {
        watchers.forEach(Runnable::run);
      }
    }

    @Override
    public void remove(String key) {
      if (entries.remove(key) != null) {
        watchers.forEach(Runnable::run);
      }
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
      watchers.add(changed);
      return () -> watchers.remove(changed);
    }
  }
}
