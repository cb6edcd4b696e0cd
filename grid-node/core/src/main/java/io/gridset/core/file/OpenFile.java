package io.gridset.core.file;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.store.StorageException;
import java.util.Optional;

/// An open handle: stays on the version that it opened. Thread-safe; `close()` is idempotent.
public interface OpenFile extends AutoCloseable {
  /// The entry as it was at open.
  FileEntry entry();

  /// The bytes at `offset`, `length` of them or fewer at the end of the file, waiting for the
  /// origin when they are not cached.
  ///
  /// @throws StorageException CHANGED when the object was replaced and the bytes are not cached
  PinnedBytes read(long offset, int length) throws StorageException;

  /// The same range if answering it needs no wait, which lets a caller that must not block (a FUSE
  /// device loop) answer at once; empty when [#read] might have to wait, or always.
  default Optional<PinnedBytes> readPresent(long offset, int length) {
    return Optional.empty();
  }

  /// The complete cache file of this version, valid until close; empty while blocks are missing.
  Optional<SealedFile> sealed();

  @Override
  void close();
}
