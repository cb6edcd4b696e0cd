package io.gridset.core.file;

import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The files of one dataset as readers see them. Paths as in [FileEntry#path()]. Calls may wait for
/// the origin, within deadlines of their own. Thread-safe.
public interface DatasetFiles {
  /// The entry at `path`, or empty when there is none.
  Optional<FileEntry> find(String path) throws StorageException;

  /// The entries directly in `directory`, ordered by name.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory
  List<FileEntry> list(String directory) throws StorageException;

  /// Opens the current version of a file.
  OpenFile open(String path) throws StorageException;

  /// Bytes of the current version of the file at `path` that this node caches.
  long cachedBytes(String path) throws StorageException;

  /// Totals for `statfs`; unknown figures are 0.
  Totals totals();

  /// How long an entry (or its absence) may be believed without asking again.
  Duration entryTimeToLive();

  /// Calls `listener` with the path of each file whose version changed or whose sealed file came or
  /// went, so that kernel caches can be told. It must return at once.
  AutoCloseable watch(Consumer<String> listener);

  /// @param totalBytes logical size of all known files
  record Totals(long totalBytes, long files, long cachedBytes) {}
}
