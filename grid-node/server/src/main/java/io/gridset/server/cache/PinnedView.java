package io.gridset.server.cache;

import io.gridset.core.cache.PinnedBytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// A view of a cache file's window, which it holds in place together with the file version.
final class PinnedView extends AtomicBoolean implements PinnedBytes {
  private final transient CacheEntry entry;
  private final transient Place place;
  private final transient Place.Pinning.Pinned pinned;
  private final int block;

  PinnedView(CacheEntry entry, Place place, int block, Place.Pinning.Pinned pinned) {
    this.entry = entry;
    this.place = place;
    this.block = block;
    this.pinned = pinned;
  }

  @Override
  public List<ByteBuffer> buffers() {
    return List.of(pinned.bytes().duplicate());
  }

  @Override
  public int byteCount() {
    return pinned.bytes().remaining();
  }

  @Override
  public void close() {
    if (compareAndSet(false, true)) {
      place.unpin(block, pinned.window());
      entry.release();
    }
  }
}
