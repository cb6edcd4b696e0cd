package io.gridset.server.cache;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.ByteRange;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.Purpose;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets blocks in and out of cache files, and keeps table, ledger and counters in step. Takes the
/// cache's lock.
final class BlockFiller {
  /// Writers at once: each holds a descriptor, of which a process has 20,000 or fewer.
  static final int MAX_WRITERS = 1024;

  private static final Logger LOG = LoggerFactory.getLogger(BlockFiller.class);
  private static final int WRITABLE_MODE = 0600;

  private final CacheState cache;
  private int writers;

  BlockFiller(CacheState cache) {
    this.cache = cache;
  }

  Admission admit(CacheEntry entry, int block, Purpose purpose) {
    entry.layout.range(block);
    try (Aftermath after = new Aftermath()) {
      cache.lock.lock();
      try {
        Place place = entry.place();
        if (place != null && place.isPresent(block)) {
          return new Admission.AlreadyPresent();
        }
        String refusal = refusal(entry, block);
        if (refusal != null) {
          return new Admission.Declined(refusal);
        }
        cache.homes().refresh(after);
        Room room =
            switch (purpose) {
              case HOME -> cache.evictor()::makeRoom;
              case HANDOVER, REPLICA -> cache.evictor()::makeRoomBesideHomes;
              case COPY -> cache.evictor()::makeRoomForCopy;
            };
        Admission admission =
            place == null
                ? admitFirst(entry, block, room, after)
                : admitNext(entry, place, block, room, after);
        if (purpose == Purpose.REPLICA && admission instanceof Admission.Admitted) {
          entry.keeping.set(block);
        }
        return admission;
      } catch (StorageException e) {
        return new Admission.Declined(String.valueOf(e.getMessage()));
      } finally {
        cache.lock.unlock();
      }
    }
  }

  /// Who sees to it that bytes fit into a tier.
  private interface Room {
    boolean make(Tier tier, long bytes, Aftermath after);
  }

  private @Nullable String refusal(CacheEntry entry, int block) {
    if (cache.isClosed()) {
      return "the cache is closed";
    }
    if (entry.forgotten) {
      return "the file was dropped from the cache while in use";
    }
    if (entry.filling.get(block)) {
      return "block " + block + " already has a writer";
    }
    return writers < MAX_WRITERS ? null : "all " + MAX_WRITERS + " writers are busy";
  }

  private Admission admitFirst(CacheEntry entry, int block, Room room, Aftermath after)
      throws StorageException {
    long need = Tier.roundUp(entry.layout.range(block).length());
    List<Tier> fitting = cache.tiers().stream().filter(tier -> tier.fits(entry.layout)).toList();
    List<Tier> candidates =
        fitting.isEmpty()
            ? cache.tiers().stream()
                .max(Comparator.comparingLong(tier -> tier.settings.quotaBytes()))
                .stream()
                .toList()
            : fitting;
    for (Tier tier : candidates) {
      if (room.make(tier, need, after)) {
        Tier.Created created = tier.create(cache.identityOf(entry));
        tier.table.setLastUse(created.slot(), cache.stamp());
        tier.table.activate(created.slot());
        Place place = cache.settle(entry, tier, created.slot());
        return admitted(new CacheFileWriter(cache, entry, place, block, created.file()));
      }
    }
    return declined(candidates.getFirst());
  }

  private Admission admitNext(CacheEntry entry, Place place, int block, Room room, Aftermath after)
      throws StorageException {
    long need = Tier.roundUp(entry.layout.range(block).length());
    if (!room.make(place.tier, need, after)) {
      return declined(place.tier);
    }
    NativeFile file = NativeFile.openForWriting(place.path());
    return admitted(new CacheFileWriter(cache, entry, place, block, file));
  }

  private Admission admitted(CacheFileWriter writer) {
    writer.place.tier.reserve(writer.reservedBytes());
    writer.entry.filling.set(writer.block);
    writer.entry.retain();
    writers++;
    return new Admission.Admitted(writer);
  }

  private static Admission declined(Tier tier) {
    return new Admission.Declined(
        "the quota of "
            + tier.settings.quotaBytes()
            + " bytes of "
            + tier.settings.directory()
            + " is full of files in use");
  }

  void publish(CacheFileWriter writer) throws StorageException {
    CacheEntry entry = writer.entry;
    BlockTable table = writer.place.tier.table;
    try (Aftermath after = new Aftermath()) {
      cache.lock.lock();
      try {
        if (cache.isClosed()) {
          throw StorageException.of(Kind.CANCELLED, "the cache is closed");
        }
        int slot = writer.place.slot;
        account(entry, writer.place, writer.file);
        table.publish(slot, writer.block, writer.crc32c());
        if (entry.keeping.get(writer.block)) {
          table.keep(slot, writer.block);
        }
        count(writer.place, entry, writer.block, writer.range().length());
        if (table.isComplete(slot) && writer.place.isWhole() && !entry.forgotten) {
          Tier.seal(writer.file);
          writer.file.close();
          if (writer.place.isServable()) {
            entry.setSealed(CacheEntry.Seal.SEALED);
            cache.tell(entry.version, after);
          }
        }
        finish(writer);
      } finally {
        cache.lock.unlock();
      }
    }
    entry.release();
  }

  void abandon(CacheFileWriter writer) {
    cache.lock.lock();
    try {
      if (cache.isClosed()) {
        writer.file.close();
      } else {
        writer.file.punchHole(writer.range().offset(), writer.range().length());
        account(writer.entry, writer.place, writer.file);
        finish(writer);
      }
    } catch (StorageException e) {
      LOG.warn("cannot take back an unfinished block", e);
      finish(writer);
    } finally {
      cache.lock.unlock();
    }
    writer.entry.release();
  }

  private void finish(CacheFileWriter writer) {
    writer.file.close();
    writer.place.tier.unreserve(writer.reservedBytes());
    writer.entry.filling.clear(writer.block);
    writer.entry.keeping.clear(writer.block);
    writers--;
  }

  /// Counts blocks of a record as asked for by a load. Needs the cache's lock.
  void keep(Tier tier, int slot, BitSet blocks) {
    blocks.stream().forEach(block -> tier.table.keep(slot, block));
    cache.homes().kept(tier, slot);
    CacheEntry entry = cache.entries().get(tier.table.version(slot));
    if (entry != null) {
      BitSet coming = (BitSet) blocks.clone();
      coming.and(entry.filling);
      entry.keeping.or(coming);
    }
  }

  /// Drops a block whose data proved wrong, unless somebody else already did.
  void dropDamaged(CacheEntry entry, Place place, int block, long word) {
    cache.lock.lock();
    try {
      if (cache.isClosed() || !place.tier.table.replace(place.slot, block, word, 0)) {
        return;
      }
      LOG.warn("block {} of {} is damaged and was dropped", block, place.path());
      try (NativeFile reader = NativeFile.openForReading(place.path())) {
        reader.setPermissions(WRITABLE_MODE);
      }
      try (NativeFile file = NativeFile.openForWriting(place.path())) {
        dropHidden(entry, place, block, file);
      }
    } catch (StorageException e) {
      LOG.warn("cannot give back a damaged block", e);
    } finally {
      cache.lock.unlock();
    }
  }

  /// Gives back a block that the table no longer shows.
  void dropHidden(CacheEntry entry, Place place, int block, NativeFile file)
      throws StorageException {
    ByteRange range = entry.layout.range(block);
    count(place, entry, block, -range.length());
    punch(file, range);
    account(entry, place, file);
  }

  /// Gives back a block of a file that nobody uses.
  void dropFrom(Tier tier, int slot, int block, NativeFile file) throws StorageException {
    BlockTable table = tier.table;
    BlockTable.Identity identity = table.identity(slot);
    ByteRange range = identity.layout().range(block);
    long word = table.word(slot, block);
    if (BlockTable.isPresent(word) && table.replace(slot, block, word, 0)) {
      table.setPresentBytes(slot, table.presentBytes(slot) - range.length());
      cache.countPresent(identity.owner(), -range.length());
      BlockKey key = new BlockKey(identity.version(), block);
      cache.homes().changed(tier, slot, identity.owner(), key, -range.length());
      punch(file, range);
      tier.account(slot, file.figures().allocatedBytes());
    }
  }

  /// To the end of the last page: a part of a page would be zeroed in place, under the eyes of
  /// whoever still sends it.
  private static void punch(NativeFile file, ByteRange range) throws StorageException {
    file.punchHole(range.offset(), Tier.roundUp(range.length()));
  }

  private static void account(CacheEntry entry, Place place, NativeFile file)
      throws StorageException {
    if (!entry.forgotten) {
      place.tier.account(place.slot, file.figures().allocatedBytes());
    }
  }

  private void count(Place place, CacheEntry entry, int block, long bytes) {
    BlockTable table = place.tier.table;
    table.setPresentBytes(place.slot, table.presentBytes(place.slot) + bytes);
    if (!entry.forgotten) {
      cache.countPresent(entry.owner, bytes);
      BlockKey key = new BlockKey(entry.version, block);
      cache.homes().changed(place.tier, place.slot, entry.owner, key, bytes);
    }
  }
}
