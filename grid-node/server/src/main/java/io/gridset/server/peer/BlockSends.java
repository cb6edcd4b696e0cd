package io.gridset.server.peer;

import io.gridset.core.block.BlockKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Which blocks are being sent right now, how often, and how far they are. Thread-safe.
final class BlockSends {
  /// So many receivers of one block share the link. The next ones get it sooner from the first of
  /// these who has it than all would get it from here at once.
  static final int AT_ONCE = 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final Map<BlockKey, List<ByteBuffer[]>> underWay = new HashMap<>();
  private long endedSends;

  /// Begins a send, unless there are as many of this block as shall be.
  boolean tryBegin(BlockKey block, ByteBuffer[] bytes) {
    lock.lock();
    try {
      List<ByteBuffer[]> others = underWay.get(block);
      if (others != null && others.size() >= AT_ONCE) {
        return false;
      }
      begin(block, bytes);
      return true;
    } finally {
      lock.unlock();
    }
  }

  void begin(BlockKey block, ByteBuffer[] bytes) {
    lock.lock();
    try {
      underWay.computeIfAbsent(block, _ -> new ArrayList<>()).add(bytes);
    } finally {
      lock.unlock();
    }
  }

  void end(BlockKey block, ByteBuffer[] bytes) {
    lock.lock();
    try {
      underWay.computeIfPresent(
          block,
          (_, sends) -> {
            sends.removeIf(each -> each == bytes);
            return sends.isEmpty() ? null : sends;
          });
      endedSends++;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until some send ends; false when none did within `patience`.
  boolean awaitEnd(Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long before = endedSends;
      long left = patience.toNanos();
      while (endedSends == before && left > 0) {
        left = ended.awaitNanos(left);
      }
      return endedSends != before;
    } finally {
      lock.unlock();
    }
  }

  /// Bytes that the receivers of a block have not taken yet; a moment's view, good to see whether
  /// they take any.
  long bytesLeft(BlockKey block) {
    lock.lock();
    try {
      @Nullable List<ByteBuffer[]> sends = underWay.get(block);
      long left = 0;
      for (ByteBuffer[] send : sends == null ? List.<ByteBuffer[]>of() : sends) {
        for (ByteBuffer part : send) {
          left += part.remaining();
        }
      }
      return left;
    } finally {
      lock.unlock();
    }
  }
}
