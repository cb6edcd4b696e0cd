package io.gridset.node;

import io.gridset.core.cache.CacheUsage;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import java.util.Optional;

/// The datasets of a node that is no member. It is home to no block, so a load has nothing to do
/// here: whoever wants one is sent to a member, whose load fills the caches that this node reads.
///
/// @param member one to name
record ReaderHost(DatasetHost host, String member) implements DatasetHost {
  @Override
  public LoadRun load(DatasetName name, LoadRequest request) {
    throw new RefusedException(
        "this node reads from the grid and is no member of it; load at a member, such as "
            + member
            + ": what it loads, this node reads without the origin");
  }

  @Override
  public void start(DatasetDefinition definition) throws StorageException {
    host.start(definition);
  }

  @Override
  public void stop(String uid, Disposal disposal) {
    host.stop(uid, disposal);
  }

  @Override
  public Optional<DatasetFiles> files(DatasetName name) {
    return host.files(name);
  }

  @Override
  public Optional<DatasetUsage> usage(DatasetName name) {
    return host.usage(name);
  }

  @Override
  public void sync(DatasetName name, String path) throws StorageException {
    host.sync(name, path);
  }

  @Override
  public long evict(DatasetName name, String path) throws StorageException {
    return host.evict(name, path);
  }

  @Override
  public CacheUsage cacheUsage() {
    return host.cacheUsage();
  }

  @Override
  public void close() {
    host.close();
  }
}
