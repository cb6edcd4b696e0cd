package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The block cache of one node: see `docs/decisions/0003-fill-by-pwrite.md` and the package's note.
///
/// A file version is kept on one tier at a time: the first that can hold all of it, else the
/// largest, where it is cached in part, never sealed, and evicted by block. One lock guards the
/// tables, the ledgers and what is open; lookups do not take it. Where closing a descriptor frees
/// much memory it is done after the lock is released.
///
/// After a process was killed, the next one on the same directories adopts what it finds: blocks
/// are verified when first looked up, and files complete on paper become sealed once the background
/// check has read them.
public final class TieredBlockCache implements BlockCache {
  /// Files dropped under one hold of the lock: about a millisecond.
  private static final int EVICTION_BATCH = 64;

  private final CacheState state;
  private final @Nullable ExecutorService keeper;

  /// The seams of a cache.
  ///
  /// @param background runs demotion and verification, one after the other; null for a thread of
  ///   the cache's own
  /// @param shares tells which blocks are at home here now; asked under the lock, so it must not
  ///   wait
  record Seams(
      InstantSource clock,
      @Nullable Executor background,
      WindowRing windows,
      Supplier<HomeShare> shares) {
    /// For a node that is alone.
    static Seams alone(InstantSource clock, @Nullable Executor background, WindowRing windows) {
      HomeShare all = HomeShare.everything();
      return new Seams(clock, background, windows, () -> all);
    }
  }

  private TieredBlockCache(Seams seams) {
    this.state = new CacheState(seams.clock(), seams.windows(), seams.shares());
    this.keeper =
        seams.background() == null
            ? Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("gridset-cache-keeper").factory())
            : null;
  }

  /// Opens the tiers' directories, creating them when missing, and adopts what they hold.
  ///
  /// @throws StorageException INVALID when another process uses one of them; else what the file
  ///   system says
  public static TieredBlockCache open(CacheSettings settings, InstantSource clock)
      throws StorageException {
    return open(settings, clock, new WindowRing(WindowRing.DEFAULT_LIMIT));
  }

  /// The same with a limit of mappings that several caches of one process share.
  public static TieredBlockCache open(
      CacheSettings settings, InstantSource clock, WindowRing windows) throws StorageException {
    return open(settings, Seams.alone(clock, null, windows));
  }

  /// The same for a member of a grid.
  ///
  /// @param shares tells which blocks are at home here now; must not wait
  public static TieredBlockCache open(
      CacheSettings settings, InstantSource clock, WindowRing windows, Supplier<HomeShare> shares)
      throws StorageException {
    return open(settings, new Seams(clock, null, windows, shares));
  }

  static TieredBlockCache open(CacheSettings settings, Seams seams) throws StorageException {
    TieredBlockCache cache = new TieredBlockCache(seams);
    try {
      for (CacheSettings.Tier tier : settings.tiers()) {
        cache.state.tiers().add(Tier.open(tier, BootId.current()));
      }
    } catch (StorageException e) {
      cache.close();
      throw e;
    }
    cache.start(seams);
    return cache;
  }

  private void start(Seams seams) {
    Executor background = keeper == null ? seams.background() : keeper;
    try (Aftermath after = new Aftermath()) {
      state.lock.lock();
      try {
        for (int i = 0; i < state.tiers().size(); i++) {
          state.countAdopted(i, after);
        }
        if (seams.background() != null) {
          state.homes().countIn(seams.background());
        }
        state.homes().refresh(after);
        for (int i = 0; background != null && i + 1 < state.tiers().size(); i++) {
          state
              .demoters()
              .add(new Demoter(state, state.tiers().get(i), state.tiers().get(i + 1), background));
        }
      } finally {
        state.lock.unlock();
      }
    }
    if (background != null) {
      background.execute(new Verifier(state));
    }
  }

  @Override
  public CachedFile open(FileVersion version, BlockLayout layout, String owner)
      throws StorageException {
    state.lock.lock();
    try {
      if (state.isClosed()) {
        throw StorageException.of(Kind.CANCELLED, "the cache is closed");
      }
      CacheEntry entry = state.entries().get(version);
      if (entry == null) {
        entry = newEntry(version, layout, owner);
        state.entries().put(version, entry);
      } else {
        requireSame(version, entry.layout, layout);
        entry.retain();
      }
      Place place = entry.place();
      if (place != null) {
        place.tier.table.setLastUse(place.slot, state.stamp());
      }
      return new CacheHandle(state, entry);
    } finally {
      state.lock.unlock();
    }
  }

  private CacheEntry newEntry(FileVersion version, BlockLayout layout, String owner)
      throws StorageException {
    CacheEntry entry = new CacheEntry(state, version, layout, ownerHash(owner));
    for (Tier tier : state.tiers()) {
      int slot = tier.table.find(version);
      if (slot >= 0) {
        requireSame(version, tier.table.layout(slot), layout);
        state.settle(entry, tier, slot);
        return entry;
      }
    }
    if (layout.fileBytes() == 0) {
      Tier.Created created = state.tiers().getFirst().create(state.identityOf(entry));
      try (var file = created.file()) {
        Tier.seal(file);
      }
      state.tiers().getFirst().table.activate(created.slot());
      state.settle(entry, state.tiers().getFirst(), created.slot());
    }
    return entry;
  }

  private static void requireSame(FileVersion version, BlockLayout known, BlockLayout wanted)
      throws StorageException {
    if (!known.equals(wanted)) {
      throw StorageException.of(
          Kind.INVALID,
          "file version " + version + " is cached as " + known + " and was opened as " + wanted);
    }
  }

  @Override
  public long presentBytes(FileVersion version) {
    state.lock.lock();
    try {
      for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
        int slot = tier.table.find(version);
        if (slot >= 0) {
          return tier.table.presentBytes(slot);
        }
      }
      return 0;
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public BitSet presentBlocks(FileVersion version) {
    state.lock.lock();
    try {
      for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
        int slot = tier.table.find(version);
        if (slot >= 0) {
          return tier.table.presentBlocks(slot);
        }
      }
      return new BitSet();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public long presentBytesOf(String owner) {
    state.lock.lock();
    try {
      return state.presentBytesOf(ownerHash(owner));
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public long homeBytesOf(String owner) {
    try (Aftermath after = new Aftermath()) {
      state.lock.lock();
      try {
        if (!state.isClosed()) {
          state.homes().refresh(after);
        }
        return state.homeBytesOf(ownerHash(owner));
      } finally {
        state.lock.unlock();
      }
    }
  }

  @Override
  public void keep(FileVersion version, BitSet blocks) {
    state.lock.lock();
    try {
      for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
        int slot = tier.table.find(version);
        if (slot >= 0) {
          state.filler().keep(tier, slot, blocks);
          return;
        }
      }
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public long evict(FileVersion version) {
    try (Aftermath after = new Aftermath()) {
      state.lock.lock();
      try {
        for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
          int slot = tier.table.find(version);
          if (slot >= 0) {
            long present = tier.table.presentBytes(slot);
            return state.dropRecord(tier, slot, after) ? present : 0;
          }
        }
        return 0;
      } finally {
        state.lock.unlock();
      }
    }
  }

  @Override
  public long evictAll(String owner) {
    long hash = ownerHash(owner);
    long given = 0;
    for (List<FileVersion> batch : versionsOf(hash)) {
      try (Aftermath after = new Aftermath()) {
        state.lock.lock();
        try {
          for (FileVersion version : batch) {
            given += dropOrForget(version, hash, after);
          }
        } finally {
          state.lock.unlock();
        }
      }
    }
    return given;
  }

  /// In batches, so that others get the lock in between.
  private List<List<FileVersion>> versionsOf(long owner) {
    List<List<FileVersion>> batches = new ArrayList<>();
    state.lock.lock();
    try {
      for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
        tier.table.forEach(
            slot -> {
              if (tier.table.owner(slot) == owner) {
                if (batches.isEmpty() || batches.getLast().size() == EVICTION_BATCH) {
                  batches.add(new ArrayList<>());
                }
                batches.getLast().add(tier.table.version(slot));
              }
            });
      }
    } finally {
      state.lock.unlock();
    }
    return batches;
  }

  /// Looks on all tiers: the file may have gone down to another one since it was listed.
  private long dropOrForget(FileVersion version, long owner, Aftermath after) {
    long given = 0;
    for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
      int slot = tier.table.find(version);
      if (slot >= 0 && tier.table.owner(slot) == owner) {
        long present = tier.table.presentBytes(slot);
        if (state.dropRecord(tier, slot, after)) {
          given += present;
        } else {
          state.forget(tier, slot, after);
        }
      }
    }
    return given;
  }

  @Override
  public CacheUsage usage() {
    try (Aftermath after = new Aftermath()) {
      state.lock.lock();
      try {
        List<CacheUsage.Tier> result = new ArrayList<>();
        for (Tier tier : state.isClosed() ? List.<Tier>of() : state.tiers()) {
          tier.sweepLeaving(after);
          result.add(tier.usage());
        }
        return new CacheUsage(result);
      } finally {
        state.lock.unlock();
      }
    }
  }

  @Override
  public AutoCloseable onSealChange(Consumer<FileVersion> listener) {
    state.listeners().add(listener);
    return () -> state.listeners().remove(listener);
  }

  private static long ownerHash(String owner) {
    return UUID.nameUUIDFromBytes(owner.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
  }

  /// Ends the cache: files stay, marked as cleanly left. Bytes that are still pinned stay mapped
  /// until they are let go.
  @Override
  public void close() {
    state.markClosed();
    if (keeper != null) {
      keeper.close();
    }
    state.lock.lock();
    try {
      state.tiers().forEach(Tier::close);
      state.tiers().clear();
    } finally {
      state.lock.unlock();
    }
  }

  int mappedWindows() {
    return state.mappedWindows();
  }
}
