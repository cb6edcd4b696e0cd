package io.gridset.server.peer;

import io.gridset.core.cache.PinnedBytes;

/// A block held in place until closed.
///
/// @param crc32c of all its bytes, as it was when they arrived
public record HeldBlock(PinnedBytes bytes, int crc32c) implements AutoCloseable {
  @Override
  public void close() {
    bytes.close();
  }
}
