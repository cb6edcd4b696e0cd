package io.gridset.core.cache;

import java.nio.ByteBuffer;
import java.util.List;

/// Bytes held in place until closed: views of a cache file's mapping, or of a buffer when the cache
/// declined the block. Direct, read-only buffers whose `remaining()` bytes, taken in order, are the
/// range. Touching them after `close()` may crash the process, so a holder closes last. `close()`
/// is idempotent.
public interface PinnedBytes extends AutoCloseable {
  List<ByteBuffer> buffers();

  /// Total number of bytes.
  int byteCount();

  @Override
  void close();

  /// No bytes, as at the end of a file.
  static PinnedBytes empty() {
    return new PinnedBytes() {
      @Override
      public List<ByteBuffer> buffers() {
        return List.of();
      }

      @Override
      public int byteCount() {
        return 0;
      }

      @Override
      public void close() {}
    };
  }
}
