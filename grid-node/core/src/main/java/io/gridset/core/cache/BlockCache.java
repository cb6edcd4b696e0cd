package io.gridset.core.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.store.StorageException;
import java.util.BitSet;
import java.util.function.Consumer;

/// The blocks that this node holds, in cache files on its tiers. Thread-safe.
public interface BlockCache extends AutoCloseable {
  /// Opens (and creates, if need be) the place of a file version, and counts it as used now.
  /// `owner` is the UID of the dataset it belongs to.
  ///
  /// @throws StorageException INVALID when the version is known with another layout
  CachedFile open(FileVersion version, BlockLayout layout, String owner) throws StorageException;

  /// Bytes of a file version here, without touching its recency; 0 when unknown.
  long presentBytes(FileVersion version);

  /// The blocks of a file version that are here now, without touching its recency; the caller's
  /// own.
  BitSet presentBlocks(FileVersion version);

  /// Bytes held for one dataset.
  long presentBytesOf(String owner);

  /// Bytes among them that are at home on this node: all of them on a node that is alone. After a
  /// change of the members it is what it was, until the blocks have been counted anew.
  default long homeBytesOf(String owner) {
    return presentBytesOf(owner);
  }

  /// Counts those of `blocks` that are here, or are being filled, as asked for by a load: where
  /// they are not at home they go after the copies, like those that came as [Purpose#REPLICA],
  /// until they are evicted. A restart keeps that.
  void keep(FileVersion version, BitSet blocks);

  /// Drops a file version unless it is in use; returns the bytes given back.
  long evict(FileVersion version);

  /// Drops all of one dataset. Files in use are unlinked: their readers keep them.
  long evictAll(String owner);

  CacheUsage usage();

  /// Calls `listener` with each file version that becomes sealed, or stops being so, on the thread
  /// that did it; it must return at once.
  AutoCloseable onSealChange(Consumer<FileVersion> listener);

  @Override
  void close();
}
