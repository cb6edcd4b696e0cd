package io.gridset.server.read;

import io.gridset.core.store.RangeSink;

/// Takes one block from its first byte to its last; whoever brings it may begin again. Used by one
/// thread at a time.
public interface BlockLanding extends RangeSink {
  /// Bytes accepted since the beginning or the last [#restart()].
  long landedBytes();

  /// The CRC32C of the bytes accepted so far.
  int crc32c();

  /// Forgets what was accepted.
  void restart();
}
