package io.gridset.server.cache;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.placement.HomeShare;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Accounts which of the bytes here are at home here, by owner, and which files hold others. When
/// the members change, all files are counted anew, in batches and ranked without the lock; until
/// that is done the old count goes on. Needs the cache's lock, but for `recount`, which takes it.
///
/// A node that is alone counts nothing: every block is at home.
final class HomeLedger {
  /// Files and blocks counted under one hold of the lock: some ten microseconds.
  private static final int BATCH_FILES = 64;

  private static final int BATCH_BLOCKS = 1024;

  private final CacheState cache;
  private final Supplier<HomeShare> shares;
  private Executor background = task -> Thread.ofVirtual().name("gridset-home-count").start(task);
  private Count settled = new Count(HomeShare.everything());
  private @Nullable Count next;

  /// The bytes at home by one share.
  private static final class Count {
    final HomeShare share;
    final Map<Long, Long> bytesByOwner = new HashMap<>();

    Count(HomeShare share) {
      this.share = share;
    }

    void add(long owner, long bytes) {
      if (bytes != 0 && bytesByOwner.merge(owner, bytes, Long::sum) == 0) {
        bytesByOwner.remove(owner);
      }
    }
  }

  /// A file to be counted.
  private record Visit(
      Tier tier, int slot, long incarnation, FileVersion version, BlockLayout layout) {}

  HomeLedger(CacheState cache, Supplier<HomeShare> shares) {
    this.cache = cache;
    this.shares = shares;
  }

  /// Where files are counted anew instead of on a thread of its own: demotion and verification may
  /// take minutes.
  void countIn(Executor executor) {
    background = executor;
  }

  /// What is at home here, as far as this ledger knows.
  HomeShare share() {
    return next == null ? settled.share : next.share;
  }

  /// Looks whether the members have changed; then all is counted anew, after the lock is released.
  void refresh(Aftermath after) {
    HomeShare now = shares.get();
    if (now.fingerprint() == share().fingerprint()) {
      return;
    }
    Count count = new Count(now);
    if (now.isEverything()) {
      settled = count;
      next = null;
      for (Tier tier : cache.tiers()) {
        tier.holding(Standing.COPY).clear();
        tier.holding(Standing.REPLICA).clear();
        tier.uncounted.clear();
      }
      return;
    }
    next = count;
    for (Tier tier : cache.tiers()) {
      tier.table.forEach(tier.uncounted::set);
    }
    after.run(() -> background.execute(this::recount));
  }

  /// Bytes of an owner that are at home here; empty when all of them are.
  @Nullable Long homeBytesOf(long owner) {
    return settled.share.isEverything() ? null : settled.bytesByOwner.getOrDefault(owner, 0L);
  }

  /// A block of a file came or, with negative `bytes`, went.
  void changed(Tier tier, int slot, long owner, BlockKey key, long bytes) {
    HomeShare newest = share();
    if (next == null && newest.isEverything()) {
      return;
    }
    boolean home = newest.contains(key);
    if (!home && bytes > 0) {
      tier.holding(away(tier.table.word(slot, key.index()))).set(slot);
    }
    if (next == null) {
      settled.add(owner, home ? bytes : 0);
      return;
    }
    settled.add(owner, settled.share.contains(key) ? bytes : 0);
    if (!tier.uncounted.get(slot)) {
      next.add(owner, home ? bytes : 0);
    }
  }

  /// Some blocks of a file were asked for by a load.
  void kept(Tier tier, int slot) {
    if (!share().isEverything()) {
      tier.holding(Standing.REPLICA).set(slot);
    }
  }

  /// What a block that is here is kept as.
  ///
  /// @param word of the block in the table
  Standing standing(BlockKey key, long word) {
    return share().contains(key) ? Standing.HOME : away(word);
  }

  /// The highest standing among the blocks of a file.
  Standing standing(Tier tier, int slot, BlockTable.Identity identity) {
    if (share().isEverything()) {
      return Standing.HOME;
    }
    Standing highest = Standing.COPY;
    for (int block = 0; block < identity.layout().blockCount(); block++) {
      long word = tier.table.word(slot, block);
      if (BlockTable.isPresent(word)) {
        Standing one = standing(new BlockKey(identity.version(), block), word);
        highest = one.compareTo(highest) < 0 ? one : highest;
      }
      if (highest == Standing.HOME) {
        return highest;
      }
    }
    return highest;
  }

  /// A record came with blocks in it.
  void arrived(Tier tier, int slot, BlockTable.Identity identity) {
    whole(tier, slot, identity, 1);
  }

  /// A record went; its words can still be read.
  void left(Tier tier, int slot, BlockTable.Identity identity) {
    whole(tier, slot, identity, -1);
    tier.holding(Standing.COPY).clear(slot);
    tier.holding(Standing.REPLICA).clear(slot);
    tier.uncounted.clear(slot);
  }

  private static Standing away(long word) {
    return BlockTable.isKept(word) ? Standing.REPLICA : Standing.COPY;
  }

  private void whole(Tier tier, int slot, BlockTable.Identity identity, int sign) {
    if (settled.share.isEverything() && next == null) {
      return;
    }
    BlockLayout layout = identity.layout();
    for (int block = 0; block < layout.blockCount(); block++) {
      if (BlockTable.isPresent(tier.table.word(slot, block))) {
        BlockKey key = new BlockKey(identity.version(), block);
        changed(tier, slot, identity.owner(), key, sign * layout.range(block).length());
      }
    }
  }

  private void recount() {
    while (true) {
      Count count;
      List<Visit> batch;
      cache.lock.lock();
      try {
        count = next;
        batch = count == null || cache.isClosed() ? List.of() : uncounted();
        if (batch.isEmpty() || count == null) {
          settle(count);
          return;
        }
      } finally {
        cache.lock.unlock();
      }
      List<BitSet> homes = new ArrayList<>();
      for (Visit visit : batch) {
        homes.add(homesOf(count.share, visit));
      }
      cache.lock.lock();
      try {
        for (int i = 0; i < homes.size() && count == next && !cache.isClosed(); i++) {
          count(count, batch.get(i), homes.get(i));
        }
      } finally {
        cache.lock.unlock();
      }
    }
  }

  private void settle(@Nullable Count count) {
    if (count != null && !cache.isClosed()) {
      settled = count;
      next = null;
    }
  }

  private List<Visit> uncounted() {
    List<Visit> batch = new ArrayList<>();
    int blocks = 0;
    for (Tier tier : cache.tiers()) {
      BlockTable table = tier.table;
      for (int slot = tier.uncounted.nextSetBit(0);
          slot >= 0 && batch.size() < BATCH_FILES && blocks < BATCH_BLOCKS;
          slot = tier.uncounted.nextSetBit(slot + 1)) {
        BlockLayout layout = table.layout(slot);
        batch.add(new Visit(tier, slot, table.incarnation(slot), table.version(slot), layout));
        blocks += layout.blockCount();
      }
    }
    return batch;
  }

  private static BitSet homesOf(HomeShare share, Visit visit) {
    BitSet homes = new BitSet();
    for (int block = 0; block < visit.layout().blockCount(); block++) {
      homes.set(block, share.contains(new BlockKey(visit.version(), block)));
    }
    return homes;
  }

  private static void count(Count count, Visit visit, BitSet homes) {
    Tier tier = visit.tier();
    int slot = visit.slot();
    if (!tier.uncounted.get(slot) || tier.table.incarnation(slot) != visit.incarnation()) {
      return;
    }
    long home = 0;
    boolean copies = false;
    boolean replicas = false;
    for (int block = 0; block < visit.layout().blockCount(); block++) {
      long word = tier.table.word(slot, block);
      if (BlockTable.isPresent(word)) {
        home += homes.get(block) ? visit.layout().range(block).length() : 0;
        copies |= !homes.get(block) && away(word) == Standing.COPY;
        replicas |= !homes.get(block) && away(word) == Standing.REPLICA;
      }
    }
    count.add(tier.table.owner(slot), home);
    tier.holding(Standing.COPY).set(slot, copies);
    tier.holding(Standing.REPLICA).set(slot, replicas);
    tier.uncounted.clear(slot);
  }
}
