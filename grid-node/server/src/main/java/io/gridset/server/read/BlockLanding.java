package io.gridset.server.read;

import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;

/// Takes one block from its first byte to its last; whoever brings it may begin again. Used by one
/// thread at a time.
public interface BlockLanding extends RangeSink {
  /// Takes room for the block, the first time, and forgets what was accepted. To be called before
  /// the first byte of every attempt, when bytes are about to come: room is dear. May wait for a
  /// buffer.
  ///
  /// @throws StorageException when there is none, or the block is here already: the flight ends,
  ///   and whoever brings it lets this pass
  void begin() throws StorageException;

  /// Bytes accepted since the last [#begin()].
  long landedBytes();

  /// The CRC32C of the bytes accepted so far.
  int crc32c();
}
