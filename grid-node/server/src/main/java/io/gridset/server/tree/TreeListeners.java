package io.gridset.server.tree;

import io.gridset.core.block.FileVersion;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// Who hears of changes of a tree. Thread-safe.
final class TreeListeners {
  private final List<TreeListener> all = new CopyOnWriteArrayList<>();

  AutoCloseable add(TreeListener listener) {
    all.add(listener);
    return () -> all.remove(listener);
  }

  void tell(String path, Optional<FileVersion> old) {
    for (TreeListener listener : all) {
      listener.changed(path, old);
    }
  }
}
