package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockLookup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// After an unclean stop, reads the files that are complete on paper, most recently used first, so
/// that they become sealed again (or lose their damaged blocks). Readers need not wait for it: a
/// lookup verifies its own block.
final class Verifier implements Runnable {
  private final CacheState cache;

  private record Suspect(FileVersion version, long lastUse) {}

  Verifier(CacheState cache) {
    this.cache = cache;
  }

  @Override
  public void run() {
    for (Suspect suspect : suspects()) {
      if (cache.isClosed()) {
        return;
      }
      CacheEntry entry = cache.openKnown(suspect.version());
      if (entry != null) {
        verify(entry);
        entry.release();
      }
    }
  }

  private void verify(CacheEntry entry) {
    BlockLayout layout = entry.layout;
    for (int block = 0; block < layout.blockCount() && !cache.isClosed(); block++) {
      if (entry.lookup(block, 0, 0) instanceof BlockLookup.Hit(var bytes)) {
        bytes.close();
      }
    }
  }

  private List<Suspect> suspects() {
    List<Suspect> result = new ArrayList<>();
    cache.lock.lock();
    try {
      for (Tier tier : cache.tiers()) {
        tier.table.forEach(
            slot -> {
              if (tier.table.isComplete(slot) && tier.table.hasStale(slot)) {
                result.add(new Suspect(tier.table.version(slot), tier.table.lastUse(slot)));
              }
            });
      }
    } finally {
      cache.lock.unlock();
    }
    result.sort(Comparator.comparingLong(Suspect::lastUse).reversed());
    return result;
  }
}
