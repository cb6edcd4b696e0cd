package io.gridset.server.host;

import io.gridset.core.dataset.DatasetName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Who wants to hear of changes in which dataset, kept by name so that a watch outlives the
/// replacement of what it watches. Thread-safe.
final class Watchers {
  private final Map<DatasetName, List<Consumer<String>>> listeners = new ConcurrentHashMap<>();

  AutoCloseable add(DatasetName name, Consumer<String> listener) {
    List<Consumer<String>> all = listeners.computeIfAbsent(name, _ -> new CopyOnWriteArrayList<>());
    all.add(listener);
    return () -> all.remove(listener);
  }

  void tell(DatasetName name, String path) {
    for (Consumer<String> listener : listeners.getOrDefault(name, List.of())) {
      listener.accept(path);
    }
  }
}
