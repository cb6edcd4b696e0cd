package io.gridset.server.read;

import io.gridset.core.cache.PinnedBytes;
import java.nio.ByteBuffer;
import java.util.List;

/// The parts of a read that spans blocks, as one.
record JoinedBytes(List<PinnedBytes> parts) implements PinnedBytes {
  JoinedBytes {
    parts = List.copyOf(parts);
  }

  @Override
  public List<ByteBuffer> buffers() {
    return parts.stream().flatMap(part -> part.buffers().stream()).toList();
  }

  @Override
  public int byteCount() {
    return parts.stream().mapToInt(PinnedBytes::byteCount).sum();
  }

  @Override
  public void close() {
    parts.forEach(PinnedBytes::close);
  }
}
