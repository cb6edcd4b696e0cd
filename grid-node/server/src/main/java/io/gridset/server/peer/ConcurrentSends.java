package io.gridset.server.peer;

import io.gridset.core.block.BlockKey;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How often each block is being sent right now. Thread-safe.
final class ConcurrentSends {
  private final Map<BlockKey, Integer> sends = new ConcurrentHashMap<>();

  /// Counts one more; returns how many there are with it.
  int begin(BlockKey block) {
    return sends.merge(block, 1, Integer::sum);
  }

  void end(BlockKey block) {
    sends.computeIfPresent(block, (_, count) -> count == 1 ? null : count - 1);
  }
}
