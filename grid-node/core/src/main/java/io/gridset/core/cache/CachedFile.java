package io.gridset.core.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import java.util.Optional;
import java.util.OptionalInt;

/// A file version's place in the cache of this node, held in use until closed: an open one is never
/// evicted as a whole. Thread-safe; `close()` is idempotent.
public interface CachedFile extends AutoCloseable {
  FileVersion version();

  BlockLayout layout();

  /// The `length` bytes at `offsetInBlock` of `block`, if the block is here.
  BlockLookup lookup(int block, int offsetInBlock, int length);

  /// Whether `block` is here now; a hint, since it may be evicted at any time.
  boolean isPresent(int block);

  /// Takes space for `block`, for a home evicting others when needed. Callers make sure that one
  /// writer at a time fills a block (single-flight).
  Admission admit(int block, Purpose purpose);

  /// As a home does.
  default Admission admit(int block) {
    return admit(block, Purpose.HOME);
  }

  /// The CRC32C kept with `block`; empty when the block is not here.
  OptionalInt crc32c(int block);

  /// Bytes of this file version here now.
  long presentBytes();

  /// The complete, read-only cache file, valid until this is closed; empty while blocks are
  /// missing.
  Optional<SealedFile> sealed();

  @Override
  void close();
}
