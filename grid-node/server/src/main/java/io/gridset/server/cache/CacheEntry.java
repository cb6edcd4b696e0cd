package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.SealedFile;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A file version in use: exists while a handle, a pin or a writer holds it, and only then costs
/// heap. Reading is lock-free; fields say what else they need.
final class CacheEntry {
  private static final BlockLookup MISS = new BlockLookup.Miss();
  private static final int DEAD = -1;

  final FileVersion version;
  final BlockLayout layout;
  final long owner;

  /// The kernel lets one writer into a file at a time, and the others spin for it (5 % of a cold
  /// read's CPU); waiting here, they leave the processor to somebody else.
  final ReentrantLock writing = new ReentrantLock();

  /// Blocks that have a writer; under the cache's lock.
  final BitSet filling = new BitSet();

  /// Blocks among them that a load asked for; under the cache's lock.
  final BitSet keeping = new BitSet();

  /// Dropped while in use: nobody finds it any more; under the cache's lock.
  boolean forgotten;

  private final CacheState cache;
  private final AtomicInteger uses = new AtomicInteger(1);
  private volatile @Nullable Place place;
  private volatile boolean sealed;

  CacheEntry(CacheState cache, FileVersion version, BlockLayout layout, long owner) {
    this.cache = cache;
    this.version = version;
    this.layout = layout;
    this.owner = owner;
  }

  @Nullable Place place() {
    return place;
  }

  /// Set once, under the cache's lock.
  void settle(Place place) {
    this.place = place;
  }

  boolean isSealed() {
    return sealed;
  }

  void setSealed(Seal seal) {
    sealed = seal == Seal.SEALED;
  }

  /// Whether the kernel may read the file itself.
  enum Seal {
    SEALED,
    OPEN
  }

  /// Counts a use, under the cache's lock or by somebody who holds one already.
  void retain() {
    uses.incrementAndGet();
  }

  private boolean tryRetain() {
    int count;
    do {
      count = uses.get();
      if (count <= 0) {
        return false;
      }
    } while (!uses.compareAndSet(count, count + 1));
    return true;
  }

  void release() {
    if (uses.decrementAndGet() == 0) {
      cache.retire(this);
    }
  }

  /// Ends the entry unless somebody took it up again; under the cache's lock.
  boolean tryEnd() {
    return uses.compareAndSet(0, DEAD);
  }

  BlockLookup lookup(int block, int offset, int length) {
    ByteRange range = layout.range(block);
    Objects.checkFromIndexSize(offset, length, (int) range.length());
    Place at = place;
    if (at == null || !tryRetain()) {
      return MISS;
    }
    Place.Pinning pinning = Place.ABSENT;
    try {
      pinning = at.pin(block, offset, length);
    } finally {
      if (!(pinning instanceof Place.Pinning.Pinned)) {
        release();
      }
    }
    return switch (pinning) {
      case Place.Pinning.Pinned pinned -> {
        if (!sealed) {
          cache.sealIfServable(this, at);
        }
        yield new BlockLookup.Hit(new PinnedView(this, at, block, pinned));
      }
      case Place.Pinning.Absent _ -> MISS;
      case Place.Pinning.Damaged damaged -> {
        cache.filler().dropDamaged(this, at, block, damaged.word());
        yield MISS;
      }
    };
  }

  boolean isPresent(int block) {
    layout.range(block);
    Place at = place;
    return at != null && at.isPresent(block);
  }

  OptionalInt crc32c(int block) {
    layout.range(block);
    Place at = place;
    return at == null ? OptionalInt.empty() : at.crc32c(block);
  }

  Optional<SealedFile> sealedFile() {
    Place at = place;
    return sealed && at != null
        ? Optional.of(new SealedFile(at.path(), at.incarnation))
        : Optional.empty();
  }
}
