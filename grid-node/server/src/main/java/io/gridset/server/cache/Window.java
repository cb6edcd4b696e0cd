package io.gridset.server.cache;

import io.gridset.server.cache.mapping.Mapping;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/// A mapped part of a cache file, kept by its place and by every pin; unmapped by the last of them.
/// Thread-safe.
final class Window {
  /// Bytes of a file that one mapping covers; a multiple of every block size.
  static final long BYTES = 1L << 30;

  final Place place;
  final int number;
  private final Mapping mapping;
  private final AtomicInteger holders = new AtomicInteger(1);
  private volatile boolean recentlyUsed = true;

  Window(Place place, int number, Mapping mapping) {
    this.place = place;
    this.number = number;
    this.mapping = mapping;
  }

  /// Holds it in place, unless it is already gone.
  boolean tryPin() {
    int count;
    do {
      count = holders.get();
      if (count == 0) {
        return false;
      }
    } while (!holders.compareAndSet(count, count + 1));
    if (!recentlyUsed) {
      recentlyUsed = true;
    }
    return true;
  }

  void release() {
    if (holders.decrementAndGet() == 0) {
      mapping.close();
    }
  }

  boolean isPinned() {
    return holders.get() > 1;
  }

  /// Whether it was used since the last call.
  boolean forgetUse() {
    boolean used = recentlyUsed;
    recentlyUsed = false;
    return used;
  }

  ByteBuffer view(long position, int bytes) {
    return mapping.view(position - number * BYTES, bytes);
  }
}
