package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A segment that is being written. Its own descriptor is handed to nobody: the kernel does not
/// count a descriptor that was passed on, only one that was opened. Not thread-safe.
final class StagedSegment implements Freezable, AutoCloseable {
  private static final int SEALED_MODE = 0444;

  private final Segments segments;
  private final Path path;
  private final NativeFile writer;
  private final String namespace;
  private Segments.Extent extent;
  private long charged;
  private boolean frozen;
  private boolean given;

  StagedSegment(
      Segments segments, Path path, NativeFile writer, String namespace, Segments.Extent extent) {
    this.segments = segments;
    this.path = path;
    this.writer = writer;
    this.namespace = namespace;
    this.extent = extent;
    this.charged = extent.charged();
  }

  @Override
  public String namespace() {
    return namespace;
  }

  long capacity() {
    return extent.capacity();
  }

  /// Whether most of its pages have never been written.
  boolean isFresh() {
    return extent.fresh();
  }

  /// Bytes accounted for.
  long charged() {
    return charged;
  }

  Path path() {
    return path;
  }

  /// Makes it longer in place.
  void extend(long bytes) throws StorageException {
    extent = segments.extend(writer, extent, bytes);
    charged = extent.charged();
  }

  void write(ByteBuffer bytes, long position) throws StorageException {
    if (position < 0 || position > capacity() - bytes.remaining()) {
      throw StorageException.of(
          Kind.INVALID, "beyond the " + capacity() + " bytes taken: " + position);
    }
    writer.write(bytes, position);
  }

  /// Makes the file immutable, `bytes` bytes long, and gives a mapping of it.
  ///
  /// The write lease shows that nobody has the file open or mapped, so that it may be cut; the read
  /// lease, taken after the mode changed, that nobody opened it for writing meanwhile. It is held
  /// while `check` looks at the bytes.
  ///
  /// @throws StorageException INVALID when somebody has the file open; nothing has changed then
  @Override
  public void freeze(long bytes, Check check) throws StorageException {
    if (!writer.tryExclusive()) {
      throw StorageException.of(
          Kind.INVALID,
          "somebody can still write to the object: unmap and close the staged file in every process"
              + " before sealing it");
    }
    frozen = true;
    writer.resize(bytes);
    writer.setPermissions(SEALED_MODE);
    writer.close();
    try (NativeFile reader = NativeFile.openForReading(path)) {
      long allocated = reader.figures().allocatedBytes();
      segments.ledger().add(allocated - charged);
      charged = allocated;
      if (!reader.tryUnwritten()) {
        throw StorageException.of(Kind.INVALID, "somebody opened the object while it was sealed");
      }
      if (bytes <= ObjectRecord.LARGEST_PAYLOAD) {
        check.accept(IpcBytes.of(ByteBuffer.wrap(reader.read(0, (int) bytes))));
        return;
      }
      try (Mapping mapping = Mapping.readOnly(reader, 0, bytes)) {
        check.accept(IpcBytes.of(mapping, bytes));
      }
    }
  }

  /// Whether it can be written no more.
  boolean isFrozen() {
    return frozen;
  }

  /// Makes the frozen file the segment of the object `id`, which accounts for it from now on.
  Path publish(String id) throws StorageException {
    Path published = segments.publish(path, id);
    given = true;
    return published;
  }

  @Override
  public void give(HeldObject object) throws StorageException {
    object.adopt(publish(object.record().id()), charged, HeldObject.Seen.BY_OUR_CLIENTS);
  }

  /// Gives the memory back if it was not published.
  @Override
  public void close() {
    writer.close();
    if (!given) {
      given = true;
      segments.pool().retire(path, namespace, charged, true);
    }
  }
}
