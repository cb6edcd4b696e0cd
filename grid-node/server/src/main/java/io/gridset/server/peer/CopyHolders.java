package io.gridset.server.peer;

import io.gridset.core.block.BlockKey;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Who received a whole block from here lately and said that it keeps a copy: a hint, bounded and
/// soon forgotten, since copies are the first to be evicted. Thread-safe.
final class CopyHolders {
  private static final Duration FRESH = Duration.ofSeconds(30);

  /// Blocks remembered; only those sent in the last half minute matter: 16 GiB of 4 MiB blocks.
  private static final int MOST_BLOCKS = 4096;

  private static final int MOST_HOLDERS = 8;

  private final Ticker ticker;
  private final Map<BlockKey, ArrayDeque<Holder>> holders =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<BlockKey, ArrayDeque<Holder>> eldest) {
          return size() > MOST_BLOCKS;
        }
      };

  private record Holder(String memberId, long since) {}

  CopyHolders(Ticker ticker) {
    this.ticker = ticker;
  }

  synchronized void received(BlockKey block, String memberId) {
    ArrayDeque<Holder> known = holders.computeIfAbsent(block, _ -> new ArrayDeque<>());
    known.removeIf(holder -> holder.memberId().equals(memberId));
    known.addLast(new Holder(memberId, ticker.nanos()));
    if (known.size() > MOST_HOLDERS) {
      known.removeFirst();
    }
  }

  /// One of them, each in its turn; never `asker` itself.
  synchronized Optional<String> next(BlockKey block, String asker) {
    ArrayDeque<Holder> known = holders.get(block);
    if (known == null) {
      return Optional.empty();
    }
    long now = ticker.nanos();
    known.removeIf(holder -> now - holder.since() > FRESH.toNanos());
    if (known.isEmpty()) {
      holders.remove(block);
      return Optional.empty();
    }
    for (Iterator<Holder> each = known.iterator(); each.hasNext(); ) {
      Holder holder = each.next();
      if (!holder.memberId().equals(asker)) {
        each.remove();
        known.addLast(holder);
        return Optional.of(holder.memberId());
      }
    }
    return Optional.empty();
  }
}
