package io.gridset.server.tree;

import io.gridset.core.block.FileVersion;
import io.gridset.core.file.FileEntry;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.Objects;

/// Makes the entries of a dataset's tree from what stores tell. Pure.
///
/// @param uid of the dataset that owns the bytes
record TreeEntries(String uid, MountTable mounts) {
  /// A file as another node names it, by mount and place in the mount's store, whether or not it is
  /// listed here.
  ///
  /// @throws StorageException UNSUPPORTED when there is no such mount; INVALID for a path that
  ///   could leave the mount
  TreeFile fileAt(String mountName, String storePath, ObjectIdentity identity)
      throws StorageException {
    MountedStore mount =
        mounts
            .named(mountName)
            .orElseThrow(
                () -> StorageException.of(Kind.UNSUPPORTED, "no mount '" + mountName + "' here"));
    if (!Paths.isPlain(storePath)) {
      throw StorageException.of(Kind.INVALID, "'" + storePath + "' is no path of an object");
    }
    return file(mount, Paths.child(mount.path(), storePath), storePath, identity);
  }

  FileEntry directory(String path) {
    return new FileEntry(path, 0, DirectoryView.NO_TIME, Paths.inode(uid, path), null);
  }

  TreeFile file(String path, ObjectIdentity identity) {
    MountedStore mount = mounts.owner(path).orElseThrow();
    return file(mount, path, mount.inStore(path), identity);
  }

  private TreeFile file(MountedStore mount, String path, String inStore, ObjectIdentity identity) {
    FileVersion version = FileVersion.of(uid, mount.name(), inStore, identity.validator());
    FileEntry entry =
        new FileEntry(
            path,
            identity.sizeBytes(),
            Objects.requireNonNullElse(identity.modified(), DirectoryView.NO_TIME),
            Paths.inode(uid, path),
            version);
    return new TreeFile(entry, version, mount, inStore, identity);
  }
}
