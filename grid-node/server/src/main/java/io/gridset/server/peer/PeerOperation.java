package io.gridset.server.peer;

import io.gridset.core.store.StorageException;

/// A small operation that other members may call by name, such as a listing. Thread-safe; runs on a
/// virtual thread and may wait.
@FunctionalInterface
public interface PeerOperation {
  byte[] answer(byte[] request) throws StorageException;
}
