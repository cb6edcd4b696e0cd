package io.gridset.core.object;

import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Memory taken for an object that is being written. `close()` without a seal gives it back.
public interface Staging extends AutoCloseable {
  String id();

  /// Bytes that may be written.
  long capacity();

  /// The file, already of its full capacity, for whoever may map it.
  Path path();

  /// Whether most of its pages have never been written. Writing to the file costs less then than
  /// writing to a mapping of it, whose pages the kernel clears first.
  default boolean isFresh() {
    return false;
  }

  /// Takes memory for more bytes, so that `bytes` may be written; what is written stays. Nobody
  /// else may have the file mapped.
  ///
  /// @throws StorageException NO_SPACE when memory is full and nothing may go; nothing has changed
  ///   then
  void extend(long bytes) throws StorageException;

  /// Writes all that remains in `bytes` at `position`.
  void write(ByteBuffer bytes, long position) throws StorageException;

  /// Makes the first `bytes` bytes an object, whole or not at all. They are an Arrow IPC file.
  ///
  /// @throws StorageException INVALID when they are none, or somebody can still write to them;
  ///   ALREADY_EXISTS when the name is in use; NO_SPACE when `persist` finds the disk full
  ObjectInfo seal(ObjectName name, ObjectAttributes attributes, long bytes) throws StorageException;

  @Override
  void close();
}
