package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
  final ReentrantLock lock = new ReentrantLock();

  private final InstantSource clock;
  private final List<Tier> tiers = new ArrayList<>();
  private final List<Demoter> demoters = new ArrayList<>();
  private final Map<FileVersion, CacheEntry> entries = new HashMap<>();
  private final Map<Long, Long> presentByOwner = new HashMap<>();
  private final List<Consumer<FileVersion>> listeners = new CopyOnWriteArrayList<>();
  private final WindowRing ring;
  private final Evictor evictor = new Evictor(this);
  private final BlockFiller filler = new BlockFiller(this);
  private final @Nullable ExecutorService keeper;
  private long lastStamp;
  private long lastIncarnation;
  private volatile boolean closed;

  /// The seams of a cache.
  ///
  /// @param background runs demotion and verification, one after the other; null for a thread of
  ///   the cache's own
  record Seams(InstantSource clock, @Nullable Executor background, int windowLimit) {}

  private TieredBlockCache(Seams seams) {
    this.clock = seams.clock();
    this.ring = new WindowRing(seams.windowLimit());
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
    return open(settings, new Seams(clock, null, WindowRing.DEFAULT_LIMIT));
  }

  static TieredBlockCache open(CacheSettings settings, Seams seams) throws StorageException {
    TieredBlockCache cache = new TieredBlockCache(seams);
    try {
      for (CacheSettings.Tier tier : settings.tiers()) {
        cache.tiers.add(Tier.open(tier, BootId.current()));
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
      lock.lock();
      try {
        for (int i = 0; i < tiers.size(); i++) {
          countAdopted(i, after);
        }
        for (int i = 0; background != null && i + 1 < tiers.size(); i++) {
          demoters.add(new Demoter(this, tiers.get(i), tiers.get(i + 1), background));
        }
      } finally {
        lock.unlock();
      }
    }
    if (background != null && tiers.stream().anyMatch(tier -> !tier.table.trusted())) {
      background.execute(new Verifier(this));
    }
  }

  private void countAdopted(int number, Aftermath after) {
    Tier tier = tiers.get(number);
    lastIncarnation = Math.max(lastIncarnation, tier.table.highestIncarnation());
    List<Integer> doubles = new ArrayList<>();
    tier.table.forEach(
        slot -> {
          lastStamp = Math.max(lastStamp, tier.table.lastUse(slot));
          for (Tier upper : tiers.subList(0, number)) {
            if (upper.table.find(tier.table.version(slot)) >= 0) {
              doubles.add(slot);
              return;
            }
          }
          countPresent(tier.table.owner(slot), tier.table.presentBytes(slot));
        });
    doubles.forEach(slot -> tier.dropIfUnused(slot, after));
  }

  @Override
  public CachedFile open(FileVersion version, BlockLayout layout, String owner)
      throws StorageException {
    lock.lock();
    try {
      if (closed) {
        throw StorageException.of(Kind.CANCELLED, "the cache is closed");
      }
      CacheEntry entry = entries.get(version);
      if (entry == null) {
        entry = newEntry(version, layout, owner);
        entries.put(version, entry);
      } else {
        requireSame(version, entry.layout, layout);
        entry.retain();
      }
      Place place = entry.place();
      if (place != null) {
        place.tier.table.setLastUse(place.slot, stamp());
      }
      return new CacheHandle(this, entry);
    } finally {
      lock.unlock();
    }
  }

  private CacheEntry newEntry(FileVersion version, BlockLayout layout, String owner)
      throws StorageException {
    CacheEntry entry = new CacheEntry(this, version, layout, ownerHash(owner));
    for (Tier tier : tiers) {
      int slot = tier.table.find(version);
      if (slot >= 0) {
        requireSame(version, tier.table.layout(slot), layout);
        settle(entry, tier, slot);
        return entry;
      }
    }
    if (layout.fileBytes() == 0) {
      Tier.Created created = tiers.getFirst().create(identityOf(entry));
      try (var file = created.file()) {
        Tier.seal(file);
      }
      tiers.getFirst().table.activate(created.slot());
      settle(entry, tiers.getFirst(), created.slot());
    }
    return entry;
  }

  /// Takes a file version into use if it is here.
  @Nullable CacheEntry openKnown(FileVersion version) {
    lock.lock();
    try {
      CacheEntry known = entries.get(version);
      if (known != null) {
        known.retain();
        return known;
      }
      for (Tier tier : closed ? List.<Tier>of() : tiers) {
        int slot = tier.table.find(version);
        if (slot >= 0) {
          CacheEntry entry =
              new CacheEntry(this, version, tier.table.layout(slot), tier.table.owner(slot));
          settle(entry, tier, slot);
          entries.put(version, entry);
          return entry;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private static void requireSame(FileVersion version, BlockLayout known, BlockLayout wanted)
      throws StorageException {
    if (!known.equals(wanted)) {
      throw StorageException.of(
          Kind.INVALID,
          "file version " + version + " is cached as " + known + " and was opened as " + wanted);
    }
  }

  /// Binds an entry to its record.
  Place settle(CacheEntry entry, Tier tier, int slot) {
    Place place = new Place(tier, slot, ring);
    tier.inUse.set(slot);
    entry.settle(place);
    if (place.isWhole() && place.isServable()) {
      entry.setSealed(CacheEntry.Seal.SEALED);
    }
    return place;
  }

  BlockTable.Identity identityOf(CacheEntry entry) {
    return new BlockTable.Identity(entry.version, entry.layout, entry.owner, nextIncarnation());
  }

  long nextIncarnation() {
    lastIncarnation = Math.max(lastIncarnation + 1, clock.millis());
    return lastIncarnation;
  }

  /// The last user of an entry left.
  void retire(CacheEntry entry) {
    try (Aftermath after = new Aftermath()) {
      lock.lock();
      try {
        if (!entry.tryEnd()) {
          return;
        }
        if (!entry.forgotten) {
          entries.remove(entry.version);
        }
        Place place = entry.place();
        if (place != null) {
          retire(entry, place, after);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void retire(CacheEntry entry, Place place, Aftermath after) {
    Tier tier = place.tier;
    if (closed) {
      place.dropAll();
      return;
    }
    tier.inUse.clear(place.slot);
    if (entry.forgotten) {
      place.dropAll();
      tier.table.free(place.slot);
      tier.sweepLeaving(after);
      return;
    }
    tier.table.setLastUse(place.slot, stamp());
    if (tier.table.presentBytes(place.slot) == 0 && entry.layout.fileBytes() > 0) {
      place.dropAll();
      dropRecord(tier, place.slot, after);
    } else {
      after.run(place::dropAll);
    }
  }

  Admission admit(CacheEntry entry, int block) {
    return filler.admit(entry, block);
  }

  void publish(CacheFileWriter writer) throws StorageException {
    filler.publish(writer);
  }

  void abandon(CacheFileWriter writer) {
    filler.abandon(writer);
  }

  void dropDamaged(CacheEntry entry, Place place, int block, long word) {
    filler.dropDamaged(entry, place, block, word);
  }

  void dropHidden(CacheEntry entry, Place place, int block, NativeFile file)
      throws StorageException {
    filler.dropHidden(entry, place, block, file);
  }

  /// Seals a file all of whose blocks turned out to be here and sound.
  void sealIfServable(CacheEntry entry, Place place) {
    if (!place.isWhole() || !place.isServable()) {
      return;
    }
    try (Aftermath after = new Aftermath()) {
      lock.lock();
      try {
        if (!closed && !entry.isSealed() && !entry.forgotten && place.isServable()) {
          entry.setSealed(CacheEntry.Seal.SEALED);
          tell(entry.version, after);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /// Drops a record and its file, unless somebody uses the file.
  boolean dropRecord(Tier tier, int slot, Aftermath after) {
    BlockTable.Identity identity = tier.table.identity(slot);
    long present = tier.table.presentBytes(slot);
    boolean complete = tier.table.isComplete(slot);
    if (tier.inUse.get(slot) || !tier.dropIfUnused(slot, after)) {
      return false;
    }
    countPresent(identity.owner(), -present);
    if (complete) {
      tell(identity.version(), after);
    }
    return true;
  }

  @Override
  public long presentBytes(FileVersion version) {
    lock.lock();
    try {
      for (Tier tier : closed ? List.<Tier>of() : tiers) {
        int slot = tier.table.find(version);
        if (slot >= 0) {
          return tier.table.presentBytes(slot);
        }
      }
      return 0;
    } finally {
      lock.unlock();
    }
  }

  long presentBytesOf(CacheEntry entry) {
    lock.lock();
    try {
      Place place = entry.place();
      return place == null || closed ? 0 : place.tier.table.presentBytes(place.slot);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long presentBytesOf(String owner) {
    lock.lock();
    try {
      return presentByOwner.getOrDefault(ownerHash(owner), 0L);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long evict(FileVersion version) {
    try (Aftermath after = new Aftermath()) {
      lock.lock();
      try {
        for (Tier tier : closed ? List.<Tier>of() : tiers) {
          int slot = tier.table.find(version);
          if (slot >= 0) {
            long present = tier.table.presentBytes(slot);
            return dropRecord(tier, slot, after) ? present : 0;
          }
        }
        return 0;
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public long evictAll(String owner) {
    long hash = ownerHash(owner);
    long given = 0;
    try (Aftermath after = new Aftermath()) {
      lock.lock();
      try {
        for (Tier tier : closed ? List.<Tier>of() : tiers) {
          List<Integer> slots = new ArrayList<>();
          tier.table.forEach(
              slot -> {
                if (tier.table.owner(slot) == hash) {
                  slots.add(slot);
                }
              });
          for (int slot : slots) {
            long present = tier.table.presentBytes(slot);
            if (dropRecord(tier, slot, after)) {
              given += present;
            } else {
              forget(tier, slot, after);
            }
          }
        }
        return given;
      } finally {
        lock.unlock();
      }
    }
  }

  private void forget(Tier tier, int slot, Aftermath after) {
    FileVersion version = tier.table.version(slot);
    countPresent(tier.table.owner(slot), -tier.table.presentBytes(slot));
    if (tier.table.isComplete(slot)) {
      tell(version, after);
    }
    CacheEntry entry = entries.remove(version);
    Place place = entry == null ? null : entry.place();
    if (entry == null || place == null) {
      tier.leave(slot);
      tier.table.free(slot);
      return;
    }
    place.leave();
    entry.forgotten = true;
    entry.setSealed(CacheEntry.Seal.OPEN);
  }

  @Override
  public CacheUsage usage() {
    try (Aftermath after = new Aftermath()) {
      lock.lock();
      try {
        List<CacheUsage.Tier> result = new ArrayList<>();
        for (Tier tier : closed ? List.<Tier>of() : tiers) {
          tier.sweepLeaving(after);
          result.add(tier.usage());
        }
        return new CacheUsage(result);
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public AutoCloseable onSealChange(Consumer<FileVersion> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  void tell(FileVersion version, Aftermath after) {
    after.run(() -> listeners.forEach(listener -> listener.accept(version)));
  }

  void countPresent(long owner, long bytes) {
    if (presentByOwner.merge(owner, bytes, Long::sum) == 0) {
      presentByOwner.remove(owner);
    }
  }

  /// A stamp later than every other: microseconds, or one more than the last.
  long stamp() {
    lastStamp = Math.max(lastStamp + 1, clock.millis() * 1000);
    return lastStamp;
  }

  Collection<CacheEntry> entriesInUse() {
    return entries.values();
  }

  List<Tier> tiers() {
    return tiers;
  }

  Evictor evictor() {
    return evictor;
  }

  @Nullable Demoter demoterFrom(Tier tier) {
    int number = tiers.indexOf(tier);
    return number < demoters.size() ? demoters.get(number) : null;
  }

  int mappedWindows() {
    return ring.size();
  }

  boolean isClosed() {
    return closed;
  }

  private static long ownerHash(String owner) {
    return UUID.nameUUIDFromBytes(owner.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
  }

  /// Ends the cache: files stay, marked as cleanly left. Bytes that are still pinned stay mapped
  /// until they are let go.
  @Override
  public void close() {
    closed = true;
    if (keeper != null) {
      keeper.close();
    }
    lock.lock();
    try {
      tiers.forEach(Tier::close);
      tiers.clear();
    } finally {
      lock.unlock();
    }
  }
}
