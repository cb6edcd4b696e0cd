package io.gridset.server.object;

import io.gridset.core.store.StorageException;

/// Bytes on their way to becoming an object.
interface Freezable {
  String namespace();

  /// Makes the first `bytes` bytes immutable and looks at them.
  ///
  /// @throws StorageException INVALID when somebody can still write to them; nothing has changed
  ///   then
  void freeze(long bytes, Check check) throws StorageException;

  /// Hands the frozen bytes over, which are too many for a record.
  void give(HeldObject object) throws StorageException;

  /// What looks at frozen bytes.
  interface Check {
    void accept(IpcBytes bytes) throws StorageException;
  }
}
