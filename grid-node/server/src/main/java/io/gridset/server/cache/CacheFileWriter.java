package io.gridset.server.cache;

import io.gridset.core.block.ByteRange;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// Writes one block into its cache file with pwrite, straight from the caller's buffer, and takes
/// the checksum while the bytes are still in the processor's cache. Why not through a mapping:
/// `docs/decisions/0003-fill-by-pwrite.md`.
final class CacheFileWriter implements BlockWriter {
  final CacheEntry entry;
  final Place place;
  final int block;
  final NativeFile file;
  private final CacheState cache;
  private final ByteRange range;
  private final CRC32C crc = new CRC32C();
  private long written;
  private boolean done;

  CacheFileWriter(CacheState cache, CacheEntry entry, Place place, int block, NativeFile file) {
    this.cache = cache;
    this.entry = entry;
    this.place = place;
    this.block = block;
    this.file = file;
    this.range = entry.layout.range(block);
  }

  ByteRange range() {
    return range;
  }

  /// Bytes promised to this writer.
  long reservedBytes() {
    return Tier.roundUp(range.length());
  }

  @Override
  public int crc32c() {
    return (int) crc.getValue();
  }

  @Override
  public void restart() {
    crc.reset();
    written = 0;
  }

  @Override
  public void accept(ByteBuffer bytes) throws StorageException {
    if (done) {
      throw StorageException.of(Kind.CANCELLED, "block " + block + " is no longer being written");
    }
    if (bytes.remaining() > range.length() - written) {
      throw StorageException.of(
          Kind.CORRUPT,
          "more than the " + range.length() + " bytes of block " + block + " of " + entry.version);
    }
    ByteBuffer summed = bytes.duplicate();
    int count = bytes.remaining();
    entry.writing.lock();
    try {
      file.write(bytes, range.offset() + written);
    } finally {
      entry.writing.unlock();
    }
    crc.update(summed);
    written += count;
  }

  @Override
  public long writtenBytes() {
    return written;
  }

  @Override
  public void publish() throws StorageException {
    if (done) {
      throw StorageException.of(Kind.CANCELLED, "block " + block + " is no longer being written");
    }
    if (written != range.length()) {
      throw StorageException.of(
          Kind.CORRUPT,
          "only "
              + written
              + " of the "
              + range.length()
              + " bytes of block "
              + block
              + " of "
              + entry.version);
    }
    cache.filler().publish(this);
    done = true;
  }

  @Override
  public void close() {
    if (!done) {
      done = true;
      cache.filler().abandon(this);
    }
  }
}
