package io.gridset.server.cache;

import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.NativeFile;
import java.util.BitSet;
import java.util.List;

/// Makes room in a tier. Passing the high mark, it drops the least recently used files that nobody
/// uses down to the low mark; where a lower tier exists they are moved there in the background, and
/// dropped only when the quota itself is reached first. Copies go before all others, then replicas.
/// Needs the cache's lock.
final class Evictor {
  /// Records looked at for one scan of the table, so that a scan serves several evictions.
  private static final int BATCH = 64;

  /// Files in use by the kernel alone that one admission may run into before it gives up: each
  /// costs an open and a lease, some microseconds, under the cache's lock.
  private static final int MAX_REFUSALS = 1024;

  private final CacheState cache;
  private final CopyEvictor copies;
  private final CopyEvictor replicas;

  Evictor(CacheState cache) {
    this.cache = cache;
    this.copies = new CopyEvictor(cache, Standing.COPY);
    this.replicas = new CopyEvictor(cache, Standing.REPLICA);
  }

  /// Whether `bytes` more fit into the tier's quota, now or after eviction.
  boolean makeRoom(Tier tier, long bytes, Aftermath after) {
    long quota = tier.settings.quotaBytes();
    if (tier.usedBytes() + bytes <= tier.highBytes()) {
      return true;
    }
    tier.sweepLeaving(after);
    Demoter demoter = cache.demoterFrom(tier);
    long target = tier.lowBytes() - bytes;
    if (demoter != null) {
      after.run(demoter::request);
      target = quota - bytes;
    }
    long limit = demoter == null ? tier.highBytes() - bytes : target;
    evictAway(tier, target, limit, after);
    if (tier.usedBytes() + bytes > tier.highBytes()) {
      evictFiles(tier, target, after);
    }
    if (tier.usedBytes() + bytes > quota) {
      evictBlocks(tier, Math.max(0, tier.lowBytes() - bytes));
    }
    return tier.usedBytes() + bytes <= quota;
  }

  /// Whether `bytes` more fit below the high mark, now or after blocks went that are not at home
  /// here.
  boolean makeRoomBesideHomes(Tier tier, long bytes, Aftermath after) {
    if (tier.usedBytes() + bytes > tier.highBytes()) {
      tier.sweepLeaving(after);
      evictAway(tier, tier.lowBytes() - bytes, tier.highBytes() - bytes, after);
    }
    return tier.usedBytes() + bytes <= tier.highBytes();
  }

  private void evictAway(Tier tier, long target, long limit, Aftermath after) {
    copies.evict(tier, target, limit, after);
    if (tier.usedBytes() > limit) {
      replicas.evict(tier, target, limit, after);
    }
  }

  /// Whether a copy of `bytes` fits, now or in the place of copies that have not been used for a
  /// while. Copies never make a replica go nor a block that is at home here, and leave the range
  /// between the marks to those.
  boolean makeRoomForCopy(Tier tier, long bytes, Aftermath after) {
    return tier.usedBytes() + bytes <= tier.lowBytes() || copies.replace(tier, bytes, after);
  }

  private void evictFiles(Tier tier, long target, Aftermath after) {
    BitSet refused = new BitSet();
    while (tier.usedBytes() > target && refused.cardinality() < MAX_REFUSALS) {
      List<Integer> coldest = tier.coldest(BATCH, refused);
      if (coldest.isEmpty()) {
        return;
      }
      for (int slot : coldest) {
        if (tier.usedBytes() <= target) {
          return;
        }
        if (!cache.dropRecord(tier, slot, after)) {
          refused.set(slot);
          tier.table.setLastUse(slot, cache.stamp());
        } else {
          tier.countEviction();
        }
      }
    }
  }

  /// Takes blocks of files in use that are larger than the tier, in the order of their positions
  /// and going round, until `target` is reached.
  private void evictBlocks(Tier tier, long target) {
    for (CacheEntry entry : cache.entriesInUse()) {
      Place place = entry.place();
      if (place != null && place.tier == tier && !place.isWhole() && !entry.forgotten) {
        evictBlocks(entry, place, target);
      }
    }
  }

  private void evictBlocks(CacheEntry entry, Place place, long target) {
    try (NativeFile file = NativeFile.openForWriting(place.path())) {
      int count = entry.layout.blockCount();
      for (int seen = 0; seen < count && place.tier.usedBytes() > target; seen++) {
        int block = place.nextVictim;
        place.nextVictim = (block + 1) % count;
        if (place.isPresent(block) && place.tryHide(block)) {
          cache.filler().dropHidden(entry, place, block, file);
        }
      }
    } catch (StorageException e) {
      return;
    }
  }
}
