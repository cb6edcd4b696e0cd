package io.gridset.api;

import io.gridset.client.MountRequest;
import io.gridset.client.MountView;
import io.gridset.core.store.StorageException;
import java.util.List;

/// The mounts of this node. Thread-safe.
public interface Mounts extends AutoCloseable {
  /// By mount point; remembered ones that could not be brought back included.
  List<MountView> list();

  /// Mounts a running dataset, or a namespace's objects, and remembers it for the next start.
  ///
  /// @throws StorageException NOT_FOUND for an unknown dataset, INVALID for a mount point that does
  ///   not exist or is in use, UNSUPPORTED when this machine cannot mount or the node has no
  ///   objects
  MountView mount(MountRequest request) throws StorageException;

  /// Unmounts and forgets.
  ///
  /// @throws StorageException NOT_FOUND when nothing of ours is mounted there
  void unmount(String mountPoint) throws StorageException;

  /// Unmounts all, which stay remembered.
  @Override
  void close();
}
