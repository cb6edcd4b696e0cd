package io.gridset.csi;

import io.gridset.csi.VolumeAttributes.Method;
import io.gridset.csi.VolumeRecord.Target;
import io.gridset.csi.mount.MountTable;
import io.gridset.csi.mount.Mounts;
import io.gridset.csi.mount.Mounts.Access;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The paths at which pods see volumes. Nothing here looks into a mount: its server may be dead.
final class Targets {
  private Targets() {}

  /// @throws RpcException FAILED_PRECONDITION when another dataset is mounted where this one should
  ///   be
  static void checkServer(FuseVolume fuse) throws IOException {
    String source =
        MountTable.read()
            .top(Mounts.tablePath(fuse.mountPoint()))
            .map(MountTable.Entry::source)
            .orElse("nothing");
    if (!source.equals(fuse.source())) {
      throw new RpcException(
          RpcCode.FAILED_PRECONDITION,
          fuse.mountPoint()
              + " shows "
              + source
              + ", not "
              + fuse.dataset()
              + ": give each dataset's PersistentVolume a fluid_path of its own");
    }
  }

  /// Whether the target shows the FUSE mount that is there now.
  static boolean isShown(VolumeRecord volume, Target target) throws IOException {
    if (target.method() == Method.SYMLINK) {
      return Files.isSymbolicLink(Path.of(target.path()));
    }
    MountTable table = MountTable.read();
    Optional<MountTable.Entry> fuse = table.top(Mounts.tablePath(volume.fuse().mountPoint()));
    Optional<MountTable.Entry> top = table.top(Mounts.tablePath(Path.of(target.path())));
    return fuse.isPresent() && top.isPresent() && fuse.get().device().equals(top.get().device());
  }

  /// Makes the target show the FUSE mount; does nothing when it does already. A dead mount that is
  /// shown there is covered, not taken away: containers hold copies of it, and through those alone
  /// (mount propagation) does a new mount reach them. Of several dead ones the lowest stays.
  static void show(VolumeRecord volume, Target target) throws IOException {
    Path given = Path.of(target.path());
    if (given.getParent() != null) {
      Files.createDirectories(given.getParent());
    }
    Path source = volume.source(target);
    if (target.method() == Method.SYMLINK) {
      link(given, source);
      return;
    }
    if (isShown(volume, target)) {
      return;
    }
    Path path = Mounts.tablePath(given);
    if (MountTable.read().at(path).isEmpty()) {
      Files.createDirectories(path);
    } else {
      Mounts.unmountDownTo(1, path);
    }
    try {
      Mounts.bind(source, path, target.readOnly() ? Access.READ_ONLY : Access.AS_THE_SOURCE);
    } catch (IOException e) {
      throw explained(volume, target, e);
    }
  }

  private static IOException explained(VolumeRecord volume, Target target, IOException e) {
    String why = String.valueOf(e.getMessage());
    if (why.contains("does not exist") && !target.subPath().isEmpty()) {
      return new RpcException(
          RpcCode.NOT_FOUND,
          "dataset "
              + volume.dataset()
              + " has no directory "
              + target.subPath()
              + ": see `gridset ls`, or mend fluid_sub_path",
          e);
    }
    return new RpcException(
        RpcCode.INTERNAL,
        "cannot mount "
            + volume.fuse()
            + " at "
            + target.path()
            + ": "
            + why
            + "; the plugin needs CAP_SYS_ADMIN and the kubelet's directory with Bidirectional mount"
            + " propagation",
        e);
  }

  /// A kubelet may have made the directory already.
  private static void link(Path path, Path source) throws IOException {
    try {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(path);
      }
      Files.createSymbolicLink(path, source);
    } catch (FileAlreadyExistsException _) {
      if (!Files.isSymbolicLink(path) || !Files.readSymbolicLink(path).equals(source)) {
        throw new RpcException(RpcCode.ALREADY_EXISTS, path + " is there, and is not ours");
      }
    }
  }

  /// Takes the target away, whatever it is; nothing there is fine. What is in a directory is not
  /// touched.
  static void remove(String target) throws IOException {
    Path path;
    try {
      path = Mounts.tablePath(Path.of(target).normalize());
    } catch (NoSuchFileException _) {
      return;
    }
    Mounts.unmountAll(path);
    Mounts.removeDirectory(path);
  }

  /// Whether a kubelet has taken the target's directory away meanwhile.
  static boolean isGone(Target target) throws IOException {
    Path path;
    try {
      path = Mounts.tablePath(Path.of(target.path()));
    } catch (NoSuchFileException _) {
      return true;
    }
    List<MountTable.Entry> mounted = MountTable.read().at(path);
    return mounted.isEmpty() && !Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
