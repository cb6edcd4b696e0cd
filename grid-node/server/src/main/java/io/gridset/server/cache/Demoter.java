package io.gridset.server.cache;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Moves the least recently used files of a tier to the next one, in the background, one file at a
/// time, until the tier is down at its low mark. A file that is opened meanwhile stays; one that
/// the lower tier cannot take is dropped. At most one run waits and one is at work.
final class Demoter {
  private static final int BATCH = 64;

  private final CacheState cache;
  private final Tier upper;
  private final Tier lower;
  private final Executor background;
  private final AtomicBoolean requested = new AtomicBoolean();

  /// A file chosen to go down.
  private record Move(int slot, BlockTable.Identity identity, Path path, long bytes) {}

  Demoter(CacheState cache, Tier upper, Tier lower, Executor background) {
    this.cache = cache;
    this.upper = upper;
    this.lower = lower;
    this.background = background;
  }

  void request() {
    if (!cache.isClosed() && requested.compareAndSet(false, true)) {
      background.execute(this::run);
    }
  }

  private void run() {
    requested.set(false);
    BitSet refused = new BitSet();
    while (!cache.isClosed()) {
      Move move = choose(refused);
      if (move == null) {
        return;
      }
      if (!moveDown(move)) {
        refused.set(move.slot());
      }
    }
  }

  private @Nullable Move choose(BitSet refused) {
    cache.lock.lock();
    try {
      while (!cache.isClosed() && upper.usedBytes() > upper.lowBytes()) {
        var coldest = upper.coldest(BATCH, refused);
        if (coldest.isEmpty()) {
          return null;
        }
        for (int slot : coldest) {
          if (isUnused(slot)) {
            upper.moving.set(slot);
            return new Move(
                slot,
                upper.table.identity(slot),
                upper.pathOf(slot),
                upper.table.allocatedBytes(slot));
          }
          refused.set(slot);
        }
      }
      return null;
    } finally {
      cache.lock.unlock();
    }
  }

  private boolean isUnused(int slot) {
    try (NativeFile probe = NativeFile.openForReading(upper.pathOf(slot))) {
      return probe.tryExclusive();
    } catch (StorageException e) {
      return true;
    }
  }

  /// Whether the file left the upper tier.
  private boolean moveDown(Move move) {
    Tier.Created copy = null;
    try (NativeFile source = NativeFile.openForReading(move.path())) {
      copy = createCopy(move);
      if (copy != null) {
        copyBlocks(move, source, copy);
      }
    } catch (StorageException e) {
      return settle(move, copy, Outcome.FAILED);
    }
    return settle(move, copy, copy == null ? Outcome.FAILED : Outcome.COPIED);
  }

  private enum Outcome {
    COPIED,
    FAILED
  }

  private Tier.@Nullable Created createCopy(Move move) throws StorageException {
    try (Aftermath after = new Aftermath()) {
      cache.lock.lock();
      try {
        BlockTable.Identity from = move.identity();
        if (!lower.fits(from.layout()) || !isRoomBelow(move, after)) {
          return null;
        }
        Tier.Created created =
            lower.create(
                new BlockTable.Identity(
                    from.version(), from.layout(), from.owner(), cache.nextIncarnation()));
        lower.reserve(move.bytes());
        return created;
      } finally {
        cache.lock.unlock();
      }
    }
  }

  /// Copies go down only where nothing has to make way for them, replicas where no home block has.
  private boolean isRoomBelow(Move move, Aftermath after) {
    return switch (cache.homes().standing(upper, move.slot(), move.identity())) {
      case HOME -> cache.evictor().makeRoom(lower, move.bytes(), after);
      case REPLICA -> cache.evictor().makeRoomBesideHomes(lower, move.bytes(), after);
      case COPY -> lower.usedBytes() + move.bytes() <= lower.lowBytes();
    };
  }

  /// Copies the blocks that agree with their checksums; nobody sees the copy yet.
  private void copyBlocks(Move move, NativeFile source, Tier.Created copy) throws StorageException {
    long present = 0;
    var layout = move.identity().layout();
    for (int block = 0; block < layout.blockCount() && !cache.isClosed(); block++) {
      long word = upper.table.word(move.slot(), block);
      if (BlockTable.isPresent(word)) {
        ByteRange range = layout.range(block);
        try (Mapping mapping = mapPages(source, range)) {
          int skip = (int) (range.offset() % Tier.PAGE_BYTES);
          ByteBuffer bytes = mapping.view(skip, (int) range.length());
          CRC32C crc = new CRC32C();
          crc.update(bytes.duplicate());
          if ((int) crc.getValue() == BlockTable.crc(word)) {
            copy.file().write(bytes, range.offset());
            lower.table.publish(copy.slot(), block, BlockTable.crc(word));
            if (BlockTable.isKept(word)) {
              lower.table.keep(copy.slot(), block);
            }
            present += range.length();
          }
        }
      }
    }
    lower.table.setPresentBytes(copy.slot(), present);
  }

  private static Mapping mapPages(NativeFile source, ByteRange range) throws StorageException {
    long start = range.offset() / Tier.PAGE_BYTES * Tier.PAGE_BYTES;
    return Mapping.readOnly(source, start, range.end() - start);
  }

  private boolean settle(Move move, Tier.@Nullable Created copy, Outcome outcome) {
    try (Aftermath after = new Aftermath()) {
      cache.lock.lock();
      try {
        if (copy != null) {
          lower.unreserve(move.bytes());
        }
        int slot = move.slot();
        boolean mine = !cache.isClosed() && upper.moving.get(slot) && !upper.inUse.get(slot);
        upper.moving.clear(slot);
        boolean gone = mine && cache.dropRecord(upper, slot, after);
        if (gone && copy != null && outcome == Outcome.COPIED) {
          adopt(move, copy);
          return true;
        }
        if (gone) {
          upper.countEviction();
        }
        if (copy != null && cache.isClosed()) {
          copy.file().close();
        } else if (copy != null) {
          lower.discard(copy);
        }
        return gone;
      } catch (StorageException e) {
        return false;
      } finally {
        cache.lock.unlock();
      }
    }
  }

  private void adopt(Move move, Tier.Created copy) throws StorageException {
    int slot = copy.slot();
    try (NativeFile file = copy.file()) {
      if (lower.table.isComplete(slot)) {
        Tier.seal(file);
      }
      lower.account(slot, file.figures().allocatedBytes());
    }
    lower.table.setLastUse(slot, cache.stamp());
    lower.table.activate(slot);
    cache.countPresent(move.identity().owner(), lower.table.presentBytes(slot));
    cache.homes().arrived(lower, slot, move.identity());
  }
}
