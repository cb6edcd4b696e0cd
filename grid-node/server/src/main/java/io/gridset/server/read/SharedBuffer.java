package io.gridset.server.read;

import io.gridset.core.cache.PinnedBytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A block that the cache declined, in a direct buffer shared by its readers. Freed when the last
/// reference is released. Born with one reference. Thread-safe.
final class SharedBuffer {
  private final ByteBuffer bytes;
  private final int crc32c;
  private final Runnable free;
  private final AtomicInteger references = new AtomicInteger(1);

  /// @param bytes filled, from position 0 to its limit
  /// @param crc32c of all its bytes
  /// @param free run when nobody uses it any more
  SharedBuffer(ByteBuffer bytes, int crc32c, Runnable free) {
    this.bytes = bytes;
    this.crc32c = crc32c;
    this.free = free;
  }

  int length() {
    return bytes.limit();
  }

  int crc32c() {
    return crc32c;
  }

  /// Adds a reference, unless the last one is gone already.
  boolean tryRetain() {
    while (true) {
      int now = references.get();
      if (now == 0) {
        return false;
      }
      if (references.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  void release() {
    int left = references.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("released too often");
    }
    if (left == 0) {
      free.run();
    }
  }

  /// A range of it that takes over one reference of the caller.
  PinnedBytes slice(int offset, int length) {
    ByteBuffer view = bytes.slice(offset, length).asReadOnlyBuffer();
    return new Slice(view, length, new AtomicBoolean(true));
  }

  private final class Slice implements PinnedBytes {
    private final ByteBuffer view;
    private final int length;
    private final AtomicBoolean open;

    Slice(ByteBuffer view, int length, AtomicBoolean open) {
      this.view = view;
      this.length = length;
      this.open = open;
    }

    @Override
    public List<ByteBuffer> buffers() {
      return List.of(view);
    }

    @Override
    public int byteCount() {
      return length;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        release();
      }
    }
  }
}
