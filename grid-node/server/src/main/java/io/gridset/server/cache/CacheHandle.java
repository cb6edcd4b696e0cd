package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.cache.SealedFile;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;

/// One opening of a file version. After `close()` it finds nothing and admits nothing.
final class CacheHandle implements CachedFile {
  private final CacheState cache;
  private final CacheEntry entry;
  private final AtomicBoolean closed = new AtomicBoolean();

  CacheHandle(CacheState cache, CacheEntry entry) {
    this.cache = cache;
    this.entry = entry;
  }

  @Override
  public FileVersion version() {
    return entry.version;
  }

  @Override
  public BlockLayout layout() {
    return entry.layout;
  }

  @Override
  public BlockLookup lookup(int block, int offsetInBlock, int length) {
    return isUsable() ? entry.lookup(block, offsetInBlock, length) : new BlockLookup.Miss();
  }

  @Override
  public boolean isPresent(int block) {
    return isUsable() && entry.isPresent(block);
  }

  @Override
  public Admission admit(int block, Purpose purpose) {
    return isUsable()
        ? cache.filler().admit(entry, block, purpose)
        : new Admission.Declined("the file or the cache is closed");
  }

  @Override
  public OptionalInt crc32c(int block) {
    return isUsable() ? entry.crc32c(block) : OptionalInt.empty();
  }

  @Override
  public long presentBytes() {
    return isUsable() ? cache.presentBytesOf(entry) : 0;
  }

  @Override
  public Optional<SealedFile> sealed() {
    return isUsable() ? entry.sealedFile() : Optional.empty();
  }

  private boolean isUsable() {
    return !closed.get() && !cache.isClosed();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      entry.release();
    }
  }
}
