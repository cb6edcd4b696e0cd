package io.gridset.server.cache;

import io.gridset.core.block.FileVersion;
import io.gridset.core.placement.HomeShare;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the parts of a cache share: the lock, the tiers, the file versions in use, the counters.
/// Its methods need the lock, but for `openKnown`, `retire`, `sealIfServable` and
/// `presentBytesOf(entry)`, which take it.
final class CacheState {
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
  private final HomeLedger homes;
  private long lastStamp;
  private long lastIncarnation;
  private volatile boolean closed;

  CacheState(InstantSource clock, WindowRing ring, Supplier<HomeShare> shares) {
    this.clock = clock;
    this.ring = ring;
    this.homes = new HomeLedger(this, shares);
  }

  HomeLedger homes() {
    return homes;
  }

  BlockFiller filler() {
    return filler;
  }

  Map<FileVersion, CacheEntry> entries() {
    return entries;
  }

  List<Demoter> demoters() {
    return demoters;
  }

  List<Consumer<FileVersion>> listeners() {
    return listeners;
  }

  /// Bytes held for the owner with this hash; under the lock.
  long presentBytesOf(long owner) {
    return presentByOwner.getOrDefault(owner, 0L);
  }

  /// Those among them that are at home here; under the lock.
  long homeBytesOf(long owner) {
    Long home = homes.homeBytesOf(owner);
    return home == null ? presentBytesOf(owner) : home;
  }

  void markClosed() {
    closed = true;
  }

  void countAdopted(int number, Aftermath after) {
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
    homes.left(tier, slot, identity);
    countPresent(identity.owner(), -present);
    if (complete) {
      tell(identity.version(), after);
    }
    return true;
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

  void forget(Tier tier, int slot, Aftermath after) {
    FileVersion version = tier.table.version(slot);
    homes.left(tier, slot, tier.table.identity(slot));
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
}
