package io.gridset.server.store.range;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Large buffers for long bodies, shared by the connections of a store. Thread-safe.
///
/// Of a huge page's size, because the bytes go to a tmpfs: a write that covers a whole huge page
/// spares the kernel the zeroing of the rest, which was a third of a cold read's CPU with buffers
/// of 256 KiB.
final class BodyBuffers {
  /// A huge page of x86-64 and of arm64 with 4 KiB pages.
  static final int BYTES = 2 << 20;

  /// As many as a store has large requests in flight; who gets none uses the connection's own
  /// buffer.
  private static final int MOST = 16;

  private final ConcurrentLinkedDeque<ByteBuffer> spare = new ConcurrentLinkedDeque<>();
  private final AtomicInteger made = new AtomicInteger();

  /// An empty buffer until `giveBack`, or null when all are lent.
  @Nullable ByteBuffer borrow() {
    ByteBuffer buffer = spare.pollFirst();
    if (buffer != null) {
      return buffer.clear();
    }
    if (made.incrementAndGet() <= MOST) {
      return ByteBuffer.allocateDirect(BYTES);
    }
    made.decrementAndGet();
    return null;
  }

  void giveBack(ByteBuffer buffer) {
    spare.addFirst(buffer);
  }
}
