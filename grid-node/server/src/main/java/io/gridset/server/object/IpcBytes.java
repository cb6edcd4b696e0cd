package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import java.nio.ByteBuffer;

/// The bytes of what may be an IPC file.
interface IpcBytes {
  long length();

  /// A view of a range that lies within them.
  ByteBuffer at(long offset, int bytes) throws StorageException;

  /// The first `length` bytes of a mapping.
  static IpcBytes of(Mapping mapping, long length) {
    return new IpcBytes() {
      @Override
      public long length() {
        return length;
      }

      @Override
      public ByteBuffer at(long offset, int count) {
        return mapping.view(offset, count);
      }
    };
  }

  /// Bytes that are all in one buffer.
  static IpcBytes of(ByteBuffer bytes) {
    return new IpcBytes() {
      @Override
      public long length() {
        return bytes.limit();
      }

      @Override
      public ByteBuffer at(long offset, int count) {
        return bytes.slice((int) offset, count);
      }
    };
  }
}
