package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The buffers of blocks that the cache declined, under the memory budget. The last few are kept
/// for a while, since a reader takes a block in several bites and each must not fetch it again.
/// Thread-safe.
final class ReadThroughBuffers implements AutoCloseable {
  /// Blocks kept: what one sequential reader has ahead, without a cache behind it.
  static final int MAX_KEPT = 8;

  /// Buffers of full size kept for reuse; allocating and zeroing 4 MiB costs as much as a copy.
  private static final int MAX_SPARE = 4;

  private final MemoryBudget budget;
  private final int blockBytes;
  private final Map<BlockKey, SharedBuffer> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final ArrayDeque<ByteBuffer> spare = new ArrayDeque<>();

  ReadThroughBuffers(MemoryBudget budget, int blockBytes) {
    this.budget = budget;
    this.blockBytes = blockBytes;
  }

  /// A buffer being filled. `close()` without `finish()` gives it back.
  final class Filling implements AutoCloseable {
    private final ByteBuffer buffer;
    private final MemoryBudget.Lease lease;
    private boolean finished;

    private Filling(ByteBuffer buffer, MemoryBudget.Lease lease) {
      this.buffer = buffer;
      this.lease = lease;
    }

    ByteBuffer buffer() {
      return buffer;
    }

    /// The filled buffer, with one reference for the caller.
    SharedBuffer finish(int crc32c) {
      finished = true;
      ByteBuffer filled = buffer.duplicate().flip();
      return new SharedBuffer(filled, crc32c, this::giveBack);
    }

    @Override
    public void close() {
      if (!finished) {
        giveBack();
      }
    }

    private void giveBack() {
      recycle(buffer);
      lease.close();
    }
  }

  /// A buffer for `length` bytes, waiting for the budget.
  Filling acquire(int length, Duration patience) throws StorageException {
    Optional<MemoryBudget.Lease> now = budget.tryAcquire(length);
    if (now.isEmpty()) {
      drop(0);
    }
    MemoryBudget.Lease lease = now.isPresent() ? now.get() : budget.acquire(length, patience);
    return new Filling(buffer(length), lease);
  }

  /// A buffer if one is free at once.
  Optional<Filling> tryAcquire(int length) {
    return budget.tryAcquire(length).map(lease -> new Filling(buffer(length), lease));
  }

  /// Keeps `buffer` for later readers; takes a reference of its own.
  void keep(BlockKey key, SharedBuffer buffer) {
    if (!buffer.tryRetain()) {
      return;
    }
    SharedBuffer old;
    synchronized (this) {
      old = kept.put(key, buffer);
    }
    if (old != null) {
      old.release();
    }
    drop(MAX_KEPT);
  }

  /// A kept block, with a reference for the caller.
  synchronized @Nullable SharedBuffer find(BlockKey key) {
    SharedBuffer buffer = kept.get(key);
    return buffer != null && buffer.tryRetain() ? buffer : null;
  }

  @Override
  public void close() {
    drop(0);
    synchronized (this) {
      spare.clear();
    }
  }

  private void drop(int leave) {
    while (true) {
      SharedBuffer oldest;
      synchronized (this) {
        if (kept.size() <= leave) {
          return;
        }
        Iterator<SharedBuffer> first = kept.values().iterator();
        oldest = first.next();
        first.remove();
      }
      oldest.release();
    }
  }

  private ByteBuffer buffer(int length) {
    if (length < blockBytes) {
      return ByteBuffer.allocateDirect(length);
    }
    synchronized (this) {
      ByteBuffer reused = spare.poll();
      if (reused != null) {
        return reused.clear();
      }
    }
    return ByteBuffer.allocateDirect(length);
  }

  private synchronized void recycle(ByteBuffer buffer) {
    if (buffer.capacity() == blockBytes && spare.size() < MAX_SPARE) {
      spare.add(buffer);
    }
  }
}
