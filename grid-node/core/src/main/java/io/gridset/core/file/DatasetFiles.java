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

  /// What [#find] would answer if that needs no wait, which lets a caller that must not block (a
  /// FUSE device loop) answer at once; unknown when it might have to wait or would fail, or always.
  default KnownEntry findPresent(String path) {
    return new KnownEntry.Unknown();
  }

  /// The entries directly in `directory`, ordered by name.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory
  List<FileEntry> list(String directory) throws StorageException;

  /// Opens the current version of a file.
  OpenFile open(String path) throws StorageException;

  /// The same if that needs no wait for the origin; empty when [#open] might have to wait or would
  /// fail, or always.
  default Optional<OpenFile> openPresent(String path) {
    return Optional.empty();
  }

  /// Bytes of the current version of the file at `path` that this node caches.
  long cachedBytes(String path) throws StorageException;

  /// Totals for `statfs`; unknown figures are 0.
  Totals totals();

  /// How long an entry (or its absence) may be believed without asking again.
  Duration entryTimeToLive();

  /// Calls `listener` with the path of each file whose version changed or whose sealed file came or
  /// went, so that kernel caches can be told. It must return at once.
  AutoCloseable watch(Consumer<String> listener);

  /// The way in for new files; empty for a tree that is only read, as datasets are.
  default Optional<WritableFiles> writable() {
    return Optional.empty();
  }

  /// @param totalBytes logical size of all known files
  record Totals(long totalBytes, long files, long cachedBytes) {}
}
