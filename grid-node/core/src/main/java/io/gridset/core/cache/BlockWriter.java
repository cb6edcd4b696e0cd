package io.gridset.core.cache;

import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;

/// Fills one block, front to back. `close()` without `publish()` gives the space back; nobody ever
/// sees an unpublished block. Used by one thread at a time.
public interface BlockWriter extends RangeSink, AutoCloseable {
  /// Bytes accepted so far; where a retry goes on.
  long writtenBytes();

  /// The CRC32C of the bytes accepted so far.
  int crc32c();

  /// Forgets what was accepted: the next bytes are the block's first again.
  void restart();

  /// Makes the block visible, with its CRC32C. Seals the file when this was its last missing block.
  ///
  /// @throws StorageException CORRUPT when fewer bytes than the block's length were accepted
  void publish() throws StorageException;

  @Override
  void close();
}
