package io.gridset.server.tree;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Which mount a path belongs to. The deepest mount at or above a path owns it; what a shallower
/// one has below that point is hidden, as with mounts of a kernel. Immutable.
final class MountTable {
  private final List<MountedStore> deepestFirst;

  MountTable(List<MountedStore> mounts) {
    List<MountedStore> sorted = new ArrayList<>(mounts);
    sorted.sort(Comparator.comparingInt((MountedStore m) -> m.path().length()).reversed());
    deepestFirst = List.copyOf(sorted);
  }

  /// The mount that owns `path`; empty for the directories above all mounts.
  Optional<MountedStore> owner(String path) {
    return deepestFirst.stream().filter(mount -> isAtOrBelow(path, mount.path())).findFirst();
  }

  Optional<MountedStore> named(String name) {
    return deepestFirst.stream().filter(mount -> mount.name().equals(name)).findFirst();
  }

  /// The names in `directory` that exist because a mount hangs there or further down.
  SortedSet<String> mountNamesIn(String directory) {
    SortedSet<String> names = new TreeSet<>();
    for (MountedStore mount : deepestFirst) {
      String path = mount.path();
      if (path.length() > directory.length() && isAtOrBelow(path, directory)) {
        String rest = directory.isEmpty() ? path : path.substring(directory.length() + 1);
        int slash = rest.indexOf('/');
        names.add(slash < 0 ? rest : rest.substring(0, slash));
      }
    }
    return names;
  }

  /// Whether `directory` exists whatever the stores say: the root, a mount, or above a mount.
  boolean alwaysExists(String directory) {
    return directory.isEmpty()
        || deepestFirst.stream().anyMatch(mount -> isAtOrBelow(mount.path(), directory));
  }

  /// Where `storePath` of the mount appears; empty when there is no such mount, or a deeper one
  /// hides that place.
  Optional<String> treePath(String mount, String storePath) {
    return deepestFirst.stream()
        .filter(candidate -> candidate.name().equals(mount))
        .filter(_ -> storePath.isEmpty() || Paths.isPlain(storePath))
        .findFirst()
        .map(found -> storePath.isEmpty() ? found.path() : Paths.child(found.path(), storePath))
        .filter(path -> owner(path).filter(owner -> owner.name().equals(mount)).isPresent());
  }

  static boolean isAtOrBelow(String path, String ancestor) {
    return ancestor.isEmpty()
        || (path.startsWith(ancestor)
            && (path.length() == ancestor.length() || path.charAt(ancestor.length()) == '/'));
  }
}
