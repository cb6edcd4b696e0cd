package io.gridset.csi;

import io.gridset.csi.mount.MountTable;
import io.gridset.csi.mount.Mounts;
import io.gridset.csi.mount.Mounts.Health;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The directory of this node where a dataset is mounted, whoever mounts it.
///
/// @param volume whose place it is
/// @param root of all such directories
record MountPlace(FuseVolume volume, Path root) {
  private Path path() {
    return volume.mountPoint();
  }

  private Path parent() {
    Path parent = path().getParent();
    return parent == null ? path() : parent;
  }

  /// Never waits for what does not answer.
  Health health() throws IOException {
    return Files.exists(parent()) ? Mounts.health(Mounts.tablePath(path())) : new Health.Missing();
  }

  boolean answers() throws IOException {
    return health() instanceof Health.Answers;
  }

  /// A directory to mount on, free of what a dead server left.
  void prepare() throws IOException {
    Files.createDirectories(parent());
    Path known = Mounts.tablePath(path());
    if (Mounts.health(known) instanceof Health.Dead) {
      Mounts.unmountAll(known);
    }
    if (Mounts.health(known) instanceof Health.Missing) {
      Files.createDirectories(known);
    }
  }

  /// Takes away what is mounted there, and the directories that nobody else uses. Another dataset's
  /// mount is none of ours, whatever path an attribute names.
  void clear() throws IOException {
    if (!Files.exists(parent())) {
      return;
    }
    Path known = Mounts.tablePath(path());
    if (!MountTable.read().at(known).stream()
        .allMatch(mount -> mount.source().equals(volume.source()))) {
      return;
    }
    Mounts.unmountAll(known);
    Mounts.removeDirectory(known);
    Path top = root.toRealPath();
    for (Path each = known.getParent();
        each != null && each.startsWith(top) && !each.equals(top);
        each = each.getParent()) {
      try {
        Files.deleteIfExists(each);
      } catch (DirectoryNotEmptyException _) {
        return; // Others use it.
      }
    }
  }
}
