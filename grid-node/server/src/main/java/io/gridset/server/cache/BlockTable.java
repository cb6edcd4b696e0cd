package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.TableMemory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.zip.CRC32C;

/// The mapped table of one tier: a record per file version, made of cells of 96 bytes, and in it
/// one word per block. A word holds the block's CRC32C and the epoch in which it was written or
/// last verified, so presence, checksum and trust change together, atomically; 0 means absent. Its
/// highest bit says that a load asked for the block. After an unclean stop, or on another boot, the
/// epoch grows, and every older word must be verified before its block is served.
///
/// Words may be read without a lock; all else needs the cache's lock. A slot is the number of a
/// record's first cell.
final class BlockTable implements AutoCloseable {
  static final int CELL_BYTES = 96;

  private static final long MAGIC = 0x4752_4944_5345_5442L;
  private static final int FORMAT = 1;
  private static final int HEADER_BYTES = 4096;
  private static final int AT_FORMAT = 8;
  private static final int AT_CLEAN = 12;
  private static final int AT_EPOCH = 16;
  private static final int AT_BOOT = 24;
  private static final int AT_INCARNATION = 40;

  private static final int LIVE = 0x4C495645;
  private static final int FREE = 0;
  private static final int CELLS = 4;
  private static final int VERSION = 8;
  private static final int OWNER = 24;
  private static final int FILE_BYTES = 32;
  private static final int INCARNATION = 40;
  private static final int BLOCK_BYTES = 48;
  private static final int CHECK = 52;
  private static final int LAST_USE = 56;
  private static final int ALLOCATED = 64;
  private static final int PRESENT = 72;
  private static final int WORDS = 80;
  private static final long KEPT = Long.MIN_VALUE;

  private final TableMemory memory;
  private final SlotIndex index = new SlotIndex(slot -> versionLow(slot));
  private final CellSpace cells = new CellSpace();
  private final int epoch;

  /// What a record is about.
  record Identity(FileVersion version, BlockLayout layout, long owner, long incarnation) {}

  private BlockTable(TableMemory memory, UUID boot) throws StorageException {
    this.memory = memory;
    boolean known =
        memory.bytes() >= HEADER_BYTES
            && memory.getLong(0) == MAGIC
            && memory.getInt(AT_FORMAT) == FORMAT;
    if (!known) {
      memory.reset();
      memory.growTo(HEADER_BYTES);
      memory.setInt(AT_FORMAT, FORMAT);
      memory.setInt(AT_CLEAN, 1);
      memory.setInt(AT_EPOCH, 1);
      memory.setLong(AT_BOOT, boot.getMostSignificantBits());
      memory.setLong(AT_BOOT + 8, boot.getLeastSignificantBits());
      memory.setLongRelease(0, MAGIC);
    }
    boolean trusted =
        memory.getInt(AT_CLEAN) == 1
            && memory.getLong(AT_BOOT) == boot.getMostSignificantBits()
            && memory.getLong(AT_BOOT + 8) == boot.getLeastSignificantBits();
    this.epoch = memory.getInt(AT_EPOCH) + (trusted ? 0 : 1);
    memory.setInt(AT_EPOCH, epoch);
    memory.setInt(AT_CLEAN, 0);
    memory.setLong(AT_BOOT, boot.getMostSignificantBits());
    memory.setLong(AT_BOOT + 8, boot.getLeastSignificantBits());
  }

  /// Opens the table at `path`; an unknown one is emptied.
  static BlockTable open(Path path, UUID boot) throws StorageException {
    TableMemory memory = TableMemory.open(path);
    try {
      return new BlockTable(memory, boot);
    } catch (StorageException e) {
      memory.close();
      throw e;
    }
  }

  /// Takes a record's cells; it is not found before `activate`.
  int allocate(Identity identity) throws StorageException {
    int count = cellsOf(identity.layout());
    int slot = cells.take(count);
    try {
      memory.growTo(HEADER_BYTES + (long) cells.end() * CELL_BYTES);
    } catch (StorageException e) {
      cells.give(slot, count);
      throw e;
    }
    memory.zero(at(slot, 0), (long) count * CELL_BYTES);
    memory.setInt(at(slot, CELLS), count);
    memory.setLong(at(slot, VERSION), high(identity.version()));
    memory.setLong(at(slot, VERSION + 8), low(identity.version()));
    memory.setLong(at(slot, OWNER), identity.owner());
    memory.setLong(at(slot, FILE_BYTES), identity.layout().fileBytes());
    memory.setLong(at(slot, INCARNATION), identity.incarnation());
    memory.setInt(at(slot, BLOCK_BYTES), identity.layout().blockBytes());
    memory.setInt(at(slot, CHECK), check(slot));
    memory.setLong(
        AT_INCARNATION, Math.max(memory.getLong(AT_INCARNATION), identity.incarnation()));
    return slot;
  }

  /// Makes an allocated record found, now and after a restart.
  void activate(int slot) {
    memory.setIntRelease(at(slot, 0), LIVE);
    index.add(slot);
  }

  /// Makes a record no longer found; its words stay readable until `free`.
  void deactivate(int slot) {
    memory.setIntRelease(at(slot, 0), FREE);
    index.remove(slot);
  }

  /// Gives the cells of a deactivated record back.
  void free(int slot) {
    cells.give(slot, memory.getInt(at(slot, CELLS)));
  }

  /// Walks all records as a start finds them; those that `keep` refuses are freed.
  void adopt(IntPredicate keep) {
    int total = (int) ((memory.bytes() - HEADER_BYTES) / CELL_BYTES);
    cells.occupy(total);
    int free = 0;
    int cell = 0;
    while (cell < total) {
      if (isSound(cell, total) && find(version(cell)) < 0 && keep.test(cell)) {
        if (cell > free) {
          cells.give(free, cell - free);
        }
        index.add(cell);
        cell += memory.getInt(at(cell, CELLS));
        free = cell;
      } else {
        memory.setInt(at(cell, 0), FREE);
        cell++;
      }
    }
    if (total > free) {
      cells.give(free, total - free);
    }
  }

  private boolean isSound(int slot, int total) {
    if (memory.getInt(at(slot, 0)) != LIVE || memory.getInt(at(slot, CHECK)) != check(slot)) {
      return false;
    }
    int count = memory.getInt(at(slot, CELLS));
    return count > 0 && count <= total - slot && count == cellsOf(layout(slot));
  }

  /// Whether the record of that incarnation still is in this slot.
  boolean isLive(int slot, long incarnation) {
    return memory.getInt(at(slot, 0)) == LIVE && incarnation(slot) == incarnation;
  }

  int find(FileVersion version) {
    long high = high(version);
    long low = low(version);
    return index.find(
        low,
        slot ->
            memory.getLong(at(slot, VERSION + 8)) == low
                && memory.getLong(at(slot, VERSION)) == high);
  }

  int size() {
    return index.size();
  }

  void forEach(IntConsumer action) {
    index.forEach(action);
  }

  FileVersion version(int slot) {
    HexFormat hex = HexFormat.of();
    return new FileVersion(
        hex.toHexDigits(memory.getLong(at(slot, VERSION))) + hex.toHexDigits(versionLow(slot)));
  }

  BlockLayout layout(int slot) {
    return new BlockLayout(
        memory.getLong(at(slot, FILE_BYTES)), memory.getInt(at(slot, BLOCK_BYTES)));
  }

  Identity identity(int slot) {
    return new Identity(version(slot), layout(slot), owner(slot), incarnation(slot));
  }

  long owner(int slot) {
    return memory.getLong(at(slot, OWNER));
  }

  long incarnation(int slot) {
    return memory.getLong(at(slot, INCARNATION));
  }

  /// The highest incarnation ever given here.
  long highestIncarnation() {
    return memory.getLong(AT_INCARNATION);
  }

  long lastUse(int slot) {
    return memory.getLong(at(slot, LAST_USE));
  }

  void setLastUse(int slot, long stamp) {
    memory.setLong(at(slot, LAST_USE), stamp);
  }

  /// What the file system holds for the file, as last asked.
  long allocatedBytes(int slot) {
    return memory.getLong(at(slot, ALLOCATED));
  }

  void setAllocatedBytes(int slot, long bytes) {
    memory.setLong(at(slot, ALLOCATED), bytes);
  }

  long presentBytes(int slot) {
    return memory.getLong(at(slot, PRESENT));
  }

  void setPresentBytes(int slot, long bytes) {
    memory.setLong(at(slot, PRESENT), bytes);
  }

  boolean isComplete(int slot) {
    return presentBytes(slot) == memory.getLong(at(slot, FILE_BYTES));
  }

  /// The word of a block; see [#isPresent(long)], [#isFresh(long)] and [#crc(long)].
  long word(int slot, int block) {
    return memory.getLongVolatile(at(slot, WORDS + 8L * block));
  }

  static boolean isPresent(long word) {
    return word != 0;
  }

  /// Whether the block was written or verified since the last unclean stop.
  boolean isFresh(long word) {
    return (int) ((word & ~KEPT) >>> 32) == epoch;
  }

  /// Whether a block of the record must still be verified.
  boolean hasStale(int slot) {
    int count = layout(slot).blockCount();
    for (int block = 0; block < count; block++) {
      long word = word(slot, block);
      if (isPresent(word) && !isFresh(word)) {
        return true;
      }
    }
    return false;
  }

  BitSet presentBlocks(int slot) {
    int count = layout(slot).blockCount();
    BitSet present = new BitSet(count);
    for (int block = 0; block < count; block++) {
      present.set(block, isPresent(word(slot, block)));
    }
    return present;
  }

  static int crc(long word) {
    return (int) word;
  }

  /// Makes a block visible, after its data.
  void publish(int slot, int block, int crc) {
    memory.setLongRelease(at(slot, WORDS + 8L * block), wordOf(crc));
  }

  /// Records that a block's data agrees with its checksum.
  void confirm(int slot, int block, long word) {
    memory.compareAndSetLong(at(slot, WORDS + 8L * block), word, wordOf(crc(word)) | (word & KEPT));
  }

  /// Whether a load asked for the block.
  static boolean isKept(long word) {
    return (word & KEPT) != 0;
  }

  /// Marks a block, if it is here, as asked for by a load.
  void keep(int slot, int block) {
    long word = word(slot, block);
    while (isPresent(word) && !replace(slot, block, word, word | KEPT)) {
      word = word(slot, block);
    }
  }

  /// Replaces a word unless it changed meanwhile.
  boolean replace(int slot, int block, long expected, long word) {
    return memory.compareAndSetLong(at(slot, WORDS + 8L * block), expected, word);
  }

  /// Marks the table as cleanly closed, then closes it.
  @Override
  public void close() {
    memory.setInt(AT_CLEAN, 1);
    memory.close();
  }

  /// Closes it as a crash would leave it.
  void abandon() {
    memory.close();
  }

  private long wordOf(int crc) {
    return (long) epoch << 32 | (crc & 0xFFFF_FFFFL);
  }

  private long versionLow(int slot) {
    return memory.getLong(at(slot, VERSION + 8));
  }

  private int check(int slot) {
    ByteBuffer fields = ByteBuffer.allocate(CHECK - CELLS);
    for (int offset = CELLS; offset < CHECK; offset += 4) {
      fields.putInt(memory.getInt(at(slot, offset)));
    }
    CRC32C crc = new CRC32C();
    crc.update(fields.flip());
    return (int) crc.getValue();
  }

  private static int cellsOf(BlockLayout layout) {
    return Math.toIntExact((WORDS + 8L * layout.blockCount() + CELL_BYTES - 1) / CELL_BYTES);
  }

  private static long at(int slot, long field) {
    return HEADER_BYTES + (long) slot * CELL_BYTES + field;
  }

  private static long high(FileVersion version) {
    return Long.parseUnsignedLong(version.id(), 0, 16, 16);
  }

  private static long low(FileVersion version) {
    return Long.parseUnsignedLong(version.id(), 16, 32, 16);
  }
}
