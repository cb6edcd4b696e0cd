package io.gridset.server.read;

import io.gridset.core.cache.BlockWriter;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Fills a buffer with a block that the cache declined.
final class BufferWriter implements BlockWriter {
  private final ReadThroughBuffers.Filling filling;
  private final CRC32C crc = new CRC32C();
  private @Nullable SharedBuffer published;

  BufferWriter(ReadThroughBuffers.Filling filling) {
    this.filling = filling;
  }

  @Override
  public void accept(ByteBuffer bytes) throws StorageException {
    if (bytes.remaining() > filling.buffer().remaining()) {
      throw StorageException.of(Kind.CORRUPT, "more bytes came than the block holds");
    }
    crc.update(bytes.duplicate());
    filling.buffer().put(bytes);
  }

  @Override
  public long writtenBytes() {
    return filling.buffer().position();
  }

  @Override
  public int crc32c() {
    return (int) crc.getValue();
  }

  @Override
  public void restart() {
    crc.reset();
    filling.buffer().clear();
  }

  @Override
  public void publish() throws StorageException {
    if (filling.buffer().hasRemaining()) {
      throw StorageException.of(Kind.CORRUPT, "fewer bytes came than the block holds");
    }
    published = filling.finish(crc32c());
  }

  /// After [#publish()]: the buffer, with one reference for the caller.
  SharedBuffer published() {
    SharedBuffer buffer = published;
    if (buffer == null) {
      throw new IllegalStateException("not published");
    }
    return buffer;
  }

  @Override
  public void close() {
    filling.close();
  }
}
