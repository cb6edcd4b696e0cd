package io.gridset.core.cache;

/// Whether the cache takes a block.
public sealed interface Admission {
  /// It does: space is taken, fill `writer`, then publish it.
  record Admitted(BlockWriter writer) implements Admission {}

  /// It does not (quota full of files in use, file larger than the tier): read through.
  record Declined(String reason) implements Admission {}

  /// Somebody published it meanwhile: look it up again.
  record AlreadyPresent() implements Admission {}
}
