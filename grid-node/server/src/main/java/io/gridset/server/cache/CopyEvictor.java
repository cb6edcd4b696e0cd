package io.gridset.server.cache;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.NativeFile;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Makes room by dropping blocks that are not at home here, copies or replicas, those of the least
/// recently used files first: whole files where nothing else is in them, else block by block, which
/// unseals the file. A file that anybody has open or mapped is left alone, but for one larger than
/// its tier, which gives blocks that nobody has pinned. Needs the cache's lock.
final class CopyEvictor {
  /// Files that one search through those with copies finds, so that it serves many evictions.
  private static final int SEARCH_FILES = 256;

  /// Blocks ranked at a time.
  private static final int RANKED_BLOCKS = 256;

  /// Steps of one admission: files dropped, holes made, and batches of blocks ranked, each of which
  /// costs some ten microseconds to a millisecond under the cache's lock. The next admission goes
  /// on.
  private static final int WORK = 32;

  /// Steps when the admission itself needs the room; past them other files go as well.
  private static final int HARD_WORK = 256;

  /// Files in use by the kernel alone that one admission may run into before it gives up.
  private static final int MAX_REFUSALS = 64;

  /// A copy stays so long after its last use before another copy may take its place. Without it,
  /// whoever reads more than fits again and again would find nothing: the oldest copy is what comes
  /// next.
  private static final long STAYS_MICROS = TimeUnit.MINUTES.toMicros(1);

  /// After a search that found no copy to replace the next one waits so long: a search looks at all
  /// files with copies.
  private static final long SEARCH_PAUSE_MICROS = TimeUnit.SECONDS.toMicros(1);

  private final CacheState cache;
  private final Standing dropped;
  private final Map<Tier, Deque<Candidate>> found = new HashMap<>();
  private final Map<Tier, Long> searchAgainAt = new HashMap<>();

  /// A file that held copies when it was found.
  ///
  /// @param from the block to go on with; while it is not 0 only this knows that copies are left
  private record Candidate(int slot, long incarnation, int from) {}

  /// @param dropped what goes: copies or replicas
  CopyEvictor(CacheState cache, Standing dropped) {
    this.cache = cache;
    this.dropped = dropped;
  }

  /// Drops copies until no more than `target` is used; past the work of one admission only while
  /// more than `limit` is.
  void evict(Tier tier, long target, long limit, Aftermath after) {
    evict(tier, new Goal(target, limit, Long.MAX_VALUE), after);
  }

  /// Makes room for one copy by dropping others that have not been used for a while; false when
  /// there are not enough.
  boolean replace(Tier tier, long bytes, Aftermath after) {
    long now = cache.stamp();
    if (now < searchAgainAt.getOrDefault(tier, 0L)) {
      return false;
    }
    long target = Math.max(tier.usedBytes(), tier.lowBytes()) - bytes;
    evict(tier, new Goal(target, target, now - STAYS_MICROS), after);
    if (tier.usedBytes() > target) {
      searchAgainAt.put(tier, now + SEARCH_PAUSE_MICROS);
      return false;
    }
    return true;
  }

  /// How far to go.
  ///
  /// @param usedBefore only files whose last use is older give copies
  private record Goal(long target, long limit, long usedBefore) {}

  private void evict(Tier tier, Goal goal, Aftermath after) {
    BitSet refused = new BitSet();
    int work = 0;
    while ((tier.usedBytes() > goal.target() && work < WORK)
        || (tier.usedBytes() > goal.limit() && work < HARD_WORK)) {
      Candidate candidate = refused.cardinality() < MAX_REFUSALS ? next(tier, refused) : null;
      if (candidate == null) {
        return;
      }
      int slot = candidate.slot();
      if (tier.table.lastUse(slot) >= goal.usedBefore()) {
        refused.set(slot);
        tier.holding(dropped).set(slot); // A search that finds it later begins at its first block.
        continue;
      }
      tier.holding(dropped).clear(slot); // Set again by each copy that stays or comes.
      int done = drop(tier, candidate, new Bounds(goal.target(), Math.max(1, WORK - work)), after);
      work += Math.max(1, done);
      if (done == IN_USE) {
        refused.set(slot);
        tier.holding(dropped).set(slot);
      }
    }
  }

  private static final int IN_USE = -1;

  /// How far to go in one file.
  private record Bounds(long target, int holes) {}

  private Deque<Candidate> queue(Tier tier) {
    return found.computeIfAbsent(tier, _ -> new ArrayDeque<>());
  }

  private @Nullable Candidate next(Tier tier, BitSet refused) {
    Deque<Candidate> candidates = queue(tier);
    for (int search = 0; search < 2; search++) {
      while (!candidates.isEmpty()) {
        Candidate candidate = candidates.poll();
        int slot = candidate.slot();
        if (!tier.table.isLive(slot, candidate.incarnation())) {
          continue;
        }
        if (tier.moving.get(slot) || refused.get(slot)) {
          tier.holding(dropped).set(slot);
        } else if (candidate.from() > 0 || tier.holding(dropped).get(slot)) {
          return candidate;
        }
      }
      for (int slot : coldest(tier, refused)) {
        candidates.add(new Candidate(slot, tier.table.incarnation(slot), 0));
      }
    }
    return null;
  }

  private List<Integer> coldest(Tier tier, BitSet refused) {
    BitSet eligible = (BitSet) tier.holding(dropped).clone();
    eligible.andNot(refused);
    eligible.andNot(tier.moving);
    BitSet held = (BitSet) tier.inUse.clone();
    for (CacheEntry entry : cache.entriesInUse()) {
      Place place = entry.place();
      if (place != null && place.tier == tier && !place.isWhole()) {
        held.clear(place.slot);
      }
    }
    eligible.andNot(held);
    return tier.coldestOf(eligible.stream(), SEARCH_FILES);
  }

  /// Files and holes that went, or IN_USE.
  private int drop(Tier tier, Candidate candidate, Bounds bounds, Aftermath after) {
    int slot = candidate.slot();
    BlockTable.Identity identity = tier.table.identity(slot);
    int count = identity.layout().blockCount();
    int end = Math.min(candidate.from() + RANKED_BLOCKS, count);
    BitSet present = presentIn(tier, slot, candidate.from(), end);
    BitSet copies = droppableOf(tier, slot, present, identity.version());
    int done = 0;
    if (end == count && candidate.from() == 0 && copies.equals(present) && !copies.isEmpty()) {
      done = dropWhole(tier, slot, copies, bounds, after);
    } else if (!copies.isEmpty()) {
      done = dropBlocks(tier, slot, copies, bounds, after);
    }
    if (done != IN_USE && tier.table.isLive(slot, candidate.incarnation())) {
      if (!copies.isEmpty()) {
        queue(tier).addFirst(new Candidate(slot, candidate.incarnation(), candidate.from()));
        tier.holding(dropped).set(slot);
      } else if (end < count) {
        queue(tier).addFirst(new Candidate(slot, candidate.incarnation(), end));
      }
    }
    return done;
  }

  private static BitSet presentIn(Tier tier, int slot, int from, int end) {
    BitSet present = new BitSet();
    for (int block = from; block < end; block++) {
      present.set(block, BlockTable.isPresent(tier.table.word(slot, block)));
    }
    return present;
  }

  private BitSet droppableOf(Tier tier, int slot, BitSet present, FileVersion version) {
    HomeLedger homes = cache.homes();
    BitSet droppable = new BitSet();
    present.stream()
        .filter(
            block ->
                homes.standing(new BlockKey(version, block), tier.table.word(slot, block))
                    == dropped)
        .forEach(droppable::set);
    return droppable;
  }

  private int dropWhole(Tier tier, int slot, BitSet copies, Bounds bounds, Aftermath after) {
    if (tier.inUse.get(slot)) {
      return dropBlocks(tier, slot, copies, bounds, after);
    }
    if (!cache.dropRecord(tier, slot, after)) {
      tier.table.setLastUse(slot, cache.stamp());
      return IN_USE;
    }
    tier.countEviction();
    copies.clear();
    return 1;
  }

  /// Takes away from `copies` what it has dropped, and what is pinned.
  private int dropBlocks(Tier tier, int slot, BitSet copies, Bounds bounds, Aftermath after) {
    CacheEntry entry = cache.entries().get(tier.table.version(slot));
    Place place = entry == null ? null : entry.place();
    if (tier.inUse.get(slot) && (entry == null || place == null || place.isWhole())) {
      return IN_USE;
    }
    // Whoever wants to open the file needs the cache's lock first: it stays unused until we end.
    if (entry == null && !tier.unseal(slot)) {
      tier.table.setLastUse(slot, cache.stamp());
      return IN_USE;
    }
    if (entry == null && tier.table.isComplete(slot)) {
      cache.tell(tier.table.version(slot), after);
    }
    int done = 0;
    try (NativeFile file = NativeFile.openForWriting(tier.pathOf(slot))) {
      for (int block = copies.nextSetBit(0);
          block >= 0 && done < bounds.holes() && tier.usedBytes() > bounds.target();
          block = copies.nextSetBit(block + 1)) {
        copies.clear(block);
        if (entry == null || place == null) {
          cache.filler().dropFrom(tier, slot, block, file);
          done++;
        } else if (place.tryHide(block)) {
          cache.filler().dropHidden(entry, place, block, file);
          done++;
        } else {
          tier.holding(dropped).set(slot);
        }
      }
    } catch (StorageException e) {
      return IN_USE;
    }
    if (entry == null && tier.table.presentBytes(slot) == 0) {
      cache.dropRecord(tier, slot, after);
    }
    return done;
  }
}
