package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where a file version in use is kept: a record of a tier's table, a cache file and its windows.
/// Reading takes no lock once the window is mapped. Thread-safe, but for the fields that say whose
/// lock they need.
final class Place {
  private static final Logger LOG = LoggerFactory.getLogger(Place.class);

  final Tier tier;
  final int slot;
  final long incarnation;
  final BlockLayout layout;

  /// Pins by block, for a file larger than its tier, whose blocks are evicted while it is in use.
  private final @Nullable AtomicIntegerArray blockPins;

  private final AtomicReferenceArray<@Nullable Window> windows;
  private final WindowRing ring;
  private volatile Path path;

  /// Where block eviction goes on; under the cache's lock.
  int nextVictim;

  Place(Tier tier, int slot, WindowRing ring) {
    this.tier = tier;
    this.slot = slot;
    this.ring = ring;
    this.incarnation = tier.table.incarnation(slot);
    this.path = tier.pathOf(slot);
    this.layout = tier.table.layout(slot);
    this.blockPins =
        tier.fits(layout) ? null : new AtomicIntegerArray(Math.max(1, layout.blockCount()));
    this.windows =
        new AtomicReferenceArray<>((int) ((layout.fileBytes() + Window.BYTES - 1) / Window.BYTES));
  }

  Path path() {
    return path;
  }

  /// Forgets the record and moves the file out of sight; readers of this place find it there. Under
  /// the cache's lock, and this object's, so that no reader maps in between.
  synchronized void leave() {
    path = tier.leave(slot);
  }

  /// Whether the tier can hold all of the file.
  boolean isWhole() {
    return blockPins == null;
  }

  boolean isPresent(int block) {
    return BlockTable.isPresent(tier.table.word(slot, block));
  }

  OptionalInt crc32c(int block) {
    long word = tier.table.word(slot, block);
    return BlockTable.isPresent(word) ? OptionalInt.of(BlockTable.crc(word)) : OptionalInt.empty();
  }

  /// What reading a block may find.
  sealed interface Pinning {
    /// The bytes, held by `window` (and by the block's pin) until `unpin`.
    record Pinned(Window window, ByteBuffer bytes) implements Pinning {}

    record Absent() implements Pinning {}

    /// The data does not agree with its checksum; `word` is what the table says of it.
    record Damaged(long word) implements Pinning {}
  }

  static final Pinning ABSENT = new Pinning.Absent();

  Pinning pin(int block, int offset, int length) {
    if (blockPins != null) {
      blockPins.incrementAndGet(block);
    }
    Pinning pinning = ABSENT;
    try {
      pinning = pinWindow(block, offset, length);
    } finally {
      if (!(pinning instanceof Pinning.Pinned)) {
        unpinBlock(block);
      }
    }
    return pinning;
  }

  private Pinning pinWindow(int block, int offset, int length) {
    long word = tier.table.word(slot, block);
    if (!BlockTable.isPresent(word)) {
      return ABSENT;
    }
    ByteRange range = layout.range(block);
    Window window = window((int) (range.offset() / Window.BYTES));
    if (window == null) {
      return ABSENT;
    }
    if (!tier.table.isFresh(word)) {
      CRC32C crc = new CRC32C();
      crc.update(window.view(range.offset(), (int) range.length()));
      if ((int) crc.getValue() != BlockTable.crc(word)) {
        window.release();
        return new Pinning.Damaged(word);
      }
      tier.table.confirm(slot, block, word);
    }
    return new Pinning.Pinned(window, window.view(range.offset() + offset, length));
  }

  void unpin(int block, Window window) {
    window.release();
    unpinBlock(block);
  }

  private void unpinBlock(int block) {
    if (blockPins != null) {
      blockPins.decrementAndGet(block);
    }
  }

  /// Hides a block unless a reader has it pinned. The order matters: a reader pins, then looks;
  /// this hides, then looks for pins; so at least one of them sees the other.
  boolean tryHide(int block) {
    long word = tier.table.word(slot, block);
    if (!BlockTable.isPresent(word) || !tier.table.replace(slot, block, word, 0)) {
      return false;
    }
    if (blockPins != null && blockPins.get(block) > 0) {
      tier.table.replace(slot, block, 0, word);
      return false;
    }
    return true;
  }

  private @Nullable Window window(int number) {
    Window window = windows.get(number);
    if (window != null && window.tryPin()) {
      return window;
    }
    synchronized (this) {
      window = windows.get(number);
      if (window != null && window.tryPin()) {
        return window;
      }
      window = map(number);
      if (window == null) {
        ring.relieve();
        window = map(number);
      }
      if (window == null) {
        return null;
      }
      window.tryPin();
      windows.set(number, window);
    }
    ring.add(window);
    return window;
  }

  private @Nullable Window map(int number) {
    long position = number * Window.BYTES;
    long bytes = Math.min(Window.BYTES, layout.fileBytes() - position);
    try (NativeFile file = NativeFile.openForReading(path)) {
      return new Window(this, number, Mapping.readOnly(file, position, bytes));
    } catch (StorageException e) {
      LOG.warn("a cached file cannot be read, which counts as a miss: {}", e.getMessage());
      return null;
    }
  }

  /// Lets a window go that the ring no longer wants.
  void drop(Window window) {
    if (windows.compareAndSet(window.number, window, null)) {
      window.release();
    }
  }

  /// Lets all windows go.
  void dropAll() {
    for (int i = 0; i < windows.length(); i++) {
      Window window = windows.getAndSet(i, null);
      if (window != null) {
        ring.remove(window);
        window.release();
      }
    }
  }

  /// Whether every block is here and verified.
  boolean isServable() {
    if (!tier.table.isComplete(slot)) {
      return false;
    }
    for (int block = 0; block < layout.blockCount(); block++) {
      if (!tier.table.isFresh(tier.table.word(slot, block))) {
        return false;
      }
    }
    return true;
  }
}
