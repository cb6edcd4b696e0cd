package io.gridset.client.peer;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/// Direct buffers in which blocks arrive, shared by all connections of a client. Thread-safe.
final class ReceiveBuffers {
  /// So long that few calls bring a block, and that a write into a tmpfs covers many pages at once.
  static final int LARGE_BYTES = 1 << 20;

  /// Who gets no large one goes on with this: memory stays bounded, and nobody waits.
  static final int SMALL_BYTES = 64 << 10;

  private static final int MOST_LARGE = 16;
  private static final int MOST_SMALL_KEPT = 64;

  private final ConcurrentLinkedDeque<ByteBuffer> large = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<ByteBuffer> small = new ConcurrentLinkedDeque<>();
  private final AtomicInteger largeMade = new AtomicInteger();
  private final AtomicInteger smallKept = new AtomicInteger();

  /// A buffer for `bytes` bytes or a part of them, until `giveBack`.
  ByteBuffer borrow(int bytes) {
    if (bytes > SMALL_BYTES) {
      ByteBuffer free = large.pollFirst();
      if (free != null) {
        return free.clear();
      }
      if (largeMade.incrementAndGet() <= MOST_LARGE) {
        return ByteBuffer.allocateDirect(LARGE_BYTES);
      }
      largeMade.decrementAndGet();
    }
    ByteBuffer free = small.pollFirst();
    if (free != null) {
      smallKept.decrementAndGet();
      return free.clear();
    }
    return ByteBuffer.allocateDirect(SMALL_BYTES);
  }

  void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() == LARGE_BYTES) {
      large.addFirst(buffer);
    } else if (smallKept.incrementAndGet() <= MOST_SMALL_KEPT) {
      small.addFirst(buffer);
    } else {
      smallKept.decrementAndGet();
    }
  }
}
