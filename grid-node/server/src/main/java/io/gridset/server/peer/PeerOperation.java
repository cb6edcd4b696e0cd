package io.gridset.server.peer;

import io.gridset.core.store.StorageException;

/// A small operation that other members and readers may call by name, such as a listing.
/// Thread-safe; runs on a virtual thread and may wait.
@FunctionalInterface
public interface PeerOperation {
  /// @param caller what it may see; the operation keeps to it
  byte[] answer(PeerCaller caller, byte[] request) throws StorageException;
}
