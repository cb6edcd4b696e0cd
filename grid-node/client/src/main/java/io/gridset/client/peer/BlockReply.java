package io.gridset.client.peer;

import io.gridset.core.store.StorageException;

/// The next that a member says to a request for a block.
public sealed interface BlockReply {
  /// The bytes follow.
  ///
  /// @param crc32c of the whole block, as its holder keeps it
  record Coming(int length, int crc32c) implements BlockReply {}

  /// It lives and is at it; comes several times a second.
  record AtIt() implements BlockReply {}

  /// Nothing came within the patience given.
  record Silent() implements BlockReply {}

  /// Many ask for this block: `memberId` has got it and may be asked with `IF_HELD`.
  record Elsewhere(String memberId) implements BlockReply {}

  /// It does not have the block (`IF_HELD`).
  record NotHeld() implements BlockReply {}

  /// It cannot bring it: the origin said no, or it does not run the dataset.
  record Refused(StorageException failure) implements BlockReply {}
}
