package io.gridset.flight.ipc;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A file that is written from its beginning to its end, in memory that is staged for an object and
/// grows with it. `close()` without a seal gives the memory back. For one thread.
final class StagedFile implements AutoCloseable {
  /// What is written at a time: it fits into a core's cache.
  private static final int HOT_BYTES = 256 << 10;

  private static final int GROWTH = 4;

  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BatchMetadata.ALIGNMENT);

  private final ObjectStore store;
  private final String namespace;
  private final ByteBuffer hot = ByteBuffer.allocateDirect(HOT_BYTES);
  private @Nullable Staging staging;
  private long position;

  StagedFile(ObjectStore store, String namespace) {
    this.store = store;
    this.namespace = namespace;
  }

  /// Where the next byte goes.
  long position() {
    return position;
  }

  /// Has memory taken for `more` bytes.
  ///
  /// @throws StorageException NO_SPACE
  void reserve(long more) throws StorageException {
    Staging present = staging;
    if (present == null) {
      staging = store.stage(namespace, position + more);
    } else if (position + more > present.capacity()) {
      extend(present, position + more);
    }
  }

  /// Takes a quarter more each time: taking memory looks at all that was taken before.
  private static void extend(Staging memory, long needed) throws StorageException {
    long good = memory.capacity() + Math.max(memory.capacity() / GROWTH, HOT_BYTES);
    try {
      memory.extend(Math.max(needed, good));
    } catch (StorageException e) {
      if (e.kind() != StorageException.Kind.NO_SPACE || good <= needed) {
        throw e;
      }
      memory.extend(needed);
    }
  }

  /// Appends all that remains in `bytes`.
  void write(ByteBuffer bytes) throws StorageException {
    ByteBuffer left = bytes.duplicate();
    while (left.hasRemaining()) {
      if (!hot.hasRemaining()) {
        flush();
      }
      int count = Math.min(hot.remaining(), left.remaining());
      hot.put(left.slice(left.position(), count));
      left.position(left.position() + count);
      position += count;
    }
  }

  /// Appends zeros up to the next multiple of 64.
  void align() throws StorageException {
    write(ZEROS.slice(0, (int) (BatchMetadata.aligned(position) - position)));
  }

  /// Takes back all that was written behind `earlier`.
  void back(long earlier) throws StorageException {
    flush();
    position = earlier;
  }

  private void flush() throws StorageException {
    Staging memory = staging;
    if (memory == null) {
      reserve(0);
      memory = staging;
    }
    hot.flip();
    if (memory != null && hot.hasRemaining()) {
      memory.write(hot.duplicate(), position - hot.remaining());
    }
    hot.clear();
  }

  ObjectInfo seal(ObjectName name, ObjectAttributes attributes) throws StorageException {
    flush();
    Staging memory = staging;
    if (memory == null) {
      throw new IllegalStateException("nothing was written");
    }
    return memory.seal(name, attributes, position);
  }

  @Override
  public void close() {
    Staging memory = staging;
    if (memory != null) {
      staging = null;
      memory.close();
    }
  }
}
