package io.gridset.server.read;

import io.gridset.core.store.StorageException;

/// How the flight of a block ended.
sealed interface FlightOutcome {
  /// The block is in the cache: look it up.
  record Published() implements FlightOutcome {}

  /// The cache declined it; here it is, with a reference for each waiter.
  record Buffered(SharedBuffer buffer) implements FlightOutcome {}

  /// The cache declined it, and nobody waited for it.
  record Refused(String reason) implements FlightOutcome {}

  record Failed(StorageException failure) implements FlightOutcome {}
}
