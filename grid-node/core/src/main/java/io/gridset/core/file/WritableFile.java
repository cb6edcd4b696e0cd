package io.gridset.core.file;

import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;

/// A draft, open for writing at any position. Thread-safe; `close()` is idempotent and needs a
/// [#flush()] before it for the file to be finished with certainty and its failures to be heard.
public interface WritableFile extends AutoCloseable {
  /// The entry as it is now.
  FileEntry entry();

  /// Writes all that remains in `bytes` at `position`; what lies between the end and there becomes
  /// zeros.
  ///
  /// @throws StorageException NO_SPACE; CHANGED once the file is finished
  void write(ByteBuffer bytes, long position) throws StorageException;

  /// The same if that needs no wait; false when it might have to, and nothing was written.
  boolean writeAtOnce(ByteBuffer bytes, long position) throws StorageException;

  /// The bytes at `position`, `length` of them or fewer at the end.
  ByteBuffer read(long position, int length) throws StorageException;

  /// Cuts the file, or lengthens it with zeros.
  void truncate(long sizeBytes) throws StorageException;

  /// A program has closed it: finishes it when it has its own name. Without new bytes since the
  /// last time the outcome is the same.
  ///
  /// @throws StorageException INVALID for bytes that are no such file, ALREADY_EXISTS, NO_SPACE;
  ///   the draft may go on then
  void flush() throws StorageException;

  /// The program that had it open died: without another `flush()` the draft ends with its last
  /// `close()`.
  void abandon();

  @Override
  void close();
}
