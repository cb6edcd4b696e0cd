package io.gridset.server.host;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.store.StorageException;

/// Opens the cache of a dataset on its tiers; what is there is adopted.
@FunctionalInterface
public interface CacheFactory {
  /// The host closes what this returns when the dataset stops.
  BlockCache open(DatasetDefinition dataset) throws StorageException;

  /// Takes away what stays of a deleted dataset's closed caches: directories, memory file systems.
  /// Readers that have files open keep them. Also asked for datasets that did not run, since a
  /// crash may have left theirs.
  default void discard(String uid) {}
}
