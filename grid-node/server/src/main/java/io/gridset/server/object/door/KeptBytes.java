package io.gridset.server.object.door;

import io.gridset.core.cache.PinnedBytes;
import java.nio.ByteBuffer;
import java.util.List;

/// Bytes that stay without being held, to be copied into a frame: unlike others not direct.
record KeptBytes(ByteBuffer bytes) implements PinnedBytes {
  @Override
  public List<ByteBuffer> buffers() {
    return List.of(bytes.duplicate());
  }

  @Override
  public int byteCount() {
    return bytes.remaining();
  }

  @Override
  public void close() {}
}
