package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What the users of an object in this process read it through: one mapping, or one buffer, for all
/// of them. Under the object's lock.
final class HeldViews {
  private @Nullable Mapping mapping;
  private @Nullable ByteBuffer copy;

  ByteBuffer of(byte[] payload, long offset, int bytes) {
    ByteBuffer whole = copy;
    if (whole == null) {
      whole = ByteBuffer.allocateDirect(payload.length).put(payload).asReadOnlyBuffer();
      copy = whole;
    }
    return whole.slice((int) offset, bytes);
  }

  /// @param length of the segment
  ByteBuffer of(Path segment, long length, long offset, int bytes) throws StorageException {
    Mapping whole = mapping;
    if (whole == null) {
      try (NativeFile reader = NativeFile.openForReading(segment)) {
        whole = Mapping.readOnly(reader, 0, length);
      }
      mapping = whole;
    }
    return whole.view(offset, bytes);
  }

  /// Nobody has a view any more.
  void drop() {
    copy = null;
    Mapping whole = mapping;
    if (whole != null) {
      mapping = null;
      whole.close();
    }
  }
}
