package io.gridset.server.read;

import io.gridset.core.store.StorageException;

/// Where blocks that are not here come from: the origin, or other members and then the origin.
/// Thread-safe.
@FunctionalInterface
public interface BlockSource {
  /// Brings the whole block into `landing`; on return all its bytes have landed and, where another
  /// member sent them, agree with the checksum that came along.
  ///
  /// @throws StorageException when no source could bring it, and whatever `landing` fails with
  void bring(BlockWish wish, BlockLanding landing) throws StorageException;
}
