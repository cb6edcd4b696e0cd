package io.gridset.server.cluster;

import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.store.StorageException;

/// A dataset that runs on this node, as one who counts and hands over its bytes sees it.
/// Thread-safe.
public interface HeldDataset {
  String uid();

  BlockCache cache();

  int blockBytes();

  /// This node's own figures.
  DatasetUsage usage();

  /// Calls `visitor` with each file that was listed, however long ago; nobody is asked.
  ///
  /// @throws StorageException what the visitor fails with; the walk ends there
  void visitFiles(FileVisitor visitor) throws StorageException;

  /// Takes a file.
  interface FileVisitor {
    void visit(ObjectLocator file) throws StorageException;
  }
}
