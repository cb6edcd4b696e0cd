package io.gridset.core.dataset;

import io.gridset.core.cache.CacheUsage;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import java.util.Optional;

/// Runs datasets on this node: opens their under stores, lists, caches, loads. Thread-safe.
public interface DatasetHost extends AutoCloseable {
  /// Starts a dataset, or replaces the running one of the same UID. Checks that each mount answers.
  ///
  /// @throws StorageException naming the mount and the field to mend
  void start(DatasetDefinition definition) throws StorageException;

  /// Stops it, and drops its cached bytes when `disposal` says so. Unknown UIDs are ignored.
  void stop(String uid, Disposal disposal);

  /// The files of a running dataset. What is returned follows later definitions of the same name;
  /// while none runs, its calls fail.
  Optional<DatasetFiles> files(DatasetName name);

  Optional<DatasetUsage> usage(DatasetName name);

  /// Starts a load on all members that run the dataset; its end, like its progress, is theirs
  /// together.
  ///
  /// @throws StorageException NOT_FOUND for an unknown dataset or target
  LoadRun load(DatasetName name, LoadRequest request) throws StorageException;

  /// How far a load like this is that some member has started; empty when none runs.
  default Optional<LoadProgress> observe(DatasetName name, LoadRequest request) {
    return Optional.empty();
  }

  /// Forgets what was listed below `path`, so that the next look asks the origin.
  void sync(DatasetName name, String path) throws StorageException;

  /// Drops cached blocks at or below `path` that nobody uses; returns the bytes given back.
  long evict(DatasetName name, String path) throws StorageException;

  /// What the caches of this node hold.
  CacheUsage cacheUsage();

  @Override
  void close();

  /// What becomes of the cached bytes of a stopped dataset.
  enum Disposal {
    KEEP_BYTES,
    DROP_BYTES
  }
}
