package io.gridset.server.host;

import io.gridset.core.dataset.DatasetName;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Who wants to know of changed files, by the name of a dataset: it outlives the dataset's definitions.
/// Thread-safe.
final class FileWatches {
  private final List<Watch> watches = new CopyOnWriteArrayList<>();

  /// Not a record: two watches of the same listener are two.
  private static final class Watch {
    private final DatasetName name;
    private final Consumer<String> listener;

    Watch(DatasetName name, Consumer<String> listener) {
      this.name = name;
      this.listener = listener;
    }
  }

  AutoCloseable add(DatasetName name, Consumer<String> listener) {
    Watch watch = new Watch(name, listener);
    watches.add(watch);
    return () -> watches.remove(watch);
  }

  void changed(DatasetName name, String path) {
    for (Watch watch : watches) {
      if (watch.name.equals(name)) {
        watch.listener.accept(path);
      }
    }
  }
}
