package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Deals the bytes of a whole file to the writers of its blocks.
final class WholeSink implements RangeSink {
  private final BlockLayout layout;
  private final @Nullable BlockWriter[] writers;
  private long position;

  WholeSink(FileSession session, @Nullable BlockWriter[] writers) {
    layout = session.layout();
    this.writers = writers;
  }

  @Override
  public void accept(ByteBuffer bytes) throws StorageException {
    while (bytes.hasRemaining()) {
      if (position >= layout.fileBytes()) {
        throw StorageException.of(
            StorageException.Kind.CORRUPT, "the store sent more than was asked for");
      }
      int block = layout.blockAt(position);
      int length = (int) Math.min(bytes.remaining(), layout.range(block).end() - position);
      BlockWriter writer = writers[block];
      if (writer == null) {
        throw new IllegalStateException("block " + block + " has no writer");
      }
      writer.accept(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
      position += length;
    }
  }
}
