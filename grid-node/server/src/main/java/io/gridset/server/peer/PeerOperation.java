package io.gridset.server.peer;

import io.gridset.core.store.StorageException;

/// A small operation that others may call by name, such as a listing. Thread-safe; runs on a
/// virtual thread and may wait. Must bear being called twice for one request, since a lost answer
/// is asked for again. Readers with a token for some datasets come too: an operation asks `caller`
/// whether it may ([PeerCaller#requireMember], [PeerCaller#requireRead]) before it does anything.
@FunctionalInterface
public interface PeerOperation {
  /// @param request at most 1 MiB
  /// @return at most 64 MiB
  /// @throws StorageException which the caller gets as it is: kind, whether a retry may help,
  ///   message
  byte[] answer(PeerCaller caller, byte[] request) throws StorageException;
}
