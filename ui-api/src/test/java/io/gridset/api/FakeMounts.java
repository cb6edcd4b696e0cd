package io.gridset.api;

import io.gridset.client.MountRequest;
import io.gridset.client.MountView;
import io.gridset.core.store.StorageException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// Mounts nothing, remembers all.
public final class FakeMounts implements Mounts {
  private final Map<String, MountView> mounts = new ConcurrentSkipListMap<>();

  @Override
  public List<MountView> list() {
    return List.copyOf(mounts.values());
  }

  @Override
  public MountView mount(MountRequest request) throws StorageException {
    if (mounts.containsKey(request.mountPoint())) {
      throw StorageException.of(
          StorageException.Kind.INVALID, request.mountPoint() + " is a mount point in use");
    }
    MountView view = MountView.of(request, "kernel", "active", "mounted");
    mounts.put(request.mountPoint(), view);
    return view;
  }

  @Override
  public void unmount(String mountPoint) throws StorageException {
    if (mounts.remove(mountPoint) == null) {
      throw StorageException.of(
          StorageException.Kind.NOT_FOUND, "nothing of Gridset is mounted on " + mountPoint);
    }
  }

  @Override
  public void close() {}
}
