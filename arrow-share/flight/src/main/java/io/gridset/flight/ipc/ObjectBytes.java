package io.gridset.flight.ipc;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Views of an object's file, good until [#unpin] or `close()`: nobody touches one after that. For
/// one thread.
public final class ObjectBytes implements AutoCloseable {
  private final OpenFile file;
  private final List<PinnedBytes> pinned = new ArrayList<>();

  /// @param file becomes this object's
  public ObjectBytes(OpenFile file) {
    this.file = file;
  }

  long length() {
    return file.entry().sizeBytes();
  }

  /// Whether it is the file of the object with this id.
  public boolean isOf(String id) {
    FileVersion version = file.entry().version();
    return version != null && version.id().equals(id);
  }

  /// A range, as one view.
  ///
  /// @throws StorageException CORRUPT when it lies outside the file
  ByteBuffer view(long offset, long length) throws StorageException {
    if (offset < 0 || length < 0 || length > Integer.MAX_VALUE || offset > length() - length) {
      throw StorageException.of(
          Kind.CORRUPT, "the object's metadata points outside of its " + length() + " bytes");
    }
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    PinnedBytes bytes = file.read(offset, (int) length);
    pinned.add(bytes);
    List<ByteBuffer> parts = bytes.buffers();
    if (parts.size() == 1 && parts.getFirst().remaining() == length) {
      return parts.getFirst().slice().order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer whole = ByteBuffer.allocateDirect((int) length).order(ByteOrder.LITTLE_ENDIAN);
    parts.forEach(part -> whole.put(part.duplicate()));
    if (whole.hasRemaining()) {
      throw StorageException.of(Kind.CORRUPT, "the object's file is shorter than it was");
    }
    return whole.flip();
  }

  /// Ends all views.
  public void unpin() {
    pinned.forEach(PinnedBytes::close);
    pinned.clear();
  }

  @Override
  public void close() {
    unpin();
    file.close();
  }
}
