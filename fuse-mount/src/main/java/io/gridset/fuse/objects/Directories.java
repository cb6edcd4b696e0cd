package io.gridset.fuse.objects;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/// Directories that nothing but this memory knows: made, or emptied, through the mount. Names of
/// objects imply all others. Thread-safe.
final class Directories {
  /// Each is a path; nobody makes more by hand.
  private static final int MOST = 10_000;

  private final NavigableSet<String> kept = new ConcurrentSkipListSet<>();

  void keep(String path) throws StorageException {
    if (kept.size() >= MOST) {
      throw StorageException.of(
          Kind.NO_SPACE, path + ": a mount remembers at most " + MOST + " empty directories");
    }
    kept.add(path);
  }

  /// As [#keep] where one more or less does not matter.
  void keepIfRoom(String path) {
    if (kept.size() < MOST) {
      kept.add(path);
    }
  }

  void drop(String path) {
    kept.remove(path);
  }

  /// Whether `path` or something below it is kept.
  boolean contains(String path) {
    return kept.contains(path) || holds(kept, path);
  }

  /// Paths of the directories directly in `directory`.
  Collection<String> in(String directory) {
    return childrenOf(kept, directory, new TreeSet<>());
  }

  /// Whether one of `paths` lies below `directory`.
  static boolean holds(NavigableSet<String> paths, String directory) {
    String first = paths.ceiling(directory + "/");
    return first != null && first.startsWith(directory + "/");
  }

  /// Adds to `found` the children of `directory` that `paths` imply or name.
  static Collection<String> childrenOf(
      NavigableSet<String> paths, String directory, Collection<String> found) {
    String prefix = directory + "/";
    String path = paths.ceiling(prefix);
    while (path != null && path.startsWith(prefix)) {
      int slash = path.indexOf('/', prefix.length());
      String child = slash < 0 ? path : path.substring(0, slash);
      found.add(child);
      path = slash < 0 ? paths.higher(path) : paths.ceiling(child + "0"); // The one after "/".
    }
    return found;
  }
}
