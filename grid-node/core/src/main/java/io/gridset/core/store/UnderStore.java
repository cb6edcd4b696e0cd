package io.gridset.core.store;

import io.gridset.core.block.ByteRange;
import java.util.Optional;
import java.util.function.Consumer;

/// Where a mount's bytes come from. Paths are relative to the mount point, `/`-separated, decoded,
/// without a leading slash; the empty path is the mount point itself. Every call has a deadline of
/// its own and fails with [StorageException] rather than hang. Thread-safe.
public interface UnderStore extends AutoCloseable {
  /// The store for messages, such as `oss://bucket/models`; never a secret.
  String description();

  /// Hands the names directly in `directory` to `sink`, page by page, in the store's order.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory (a bucket's empty prefix
  ///   counts as missing, except the mount point's own)
  void list(String directory, Consumer<StoreEntry> sink) throws StorageException;

  /// The exact identity of the object at `path`, or empty when there is none.
  Optional<ObjectIdentity> head(String path) throws StorageException;

  /// Reads exactly `range` of the version `expected` into `sink`, in order.
  ///
  /// One attempt: a retry starts at the first byte that the sink has not seen, which is what
  /// `RetryingUnderStore` does.
  ///
  /// @throws StorageException CHANGED when the object is another version now; CORRUPT when the
  ///   answer's range or length contradicts the request; never a short read without an exception
  void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException;

  @Override
  void close();
}
