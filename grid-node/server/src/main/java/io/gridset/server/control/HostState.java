package io.gridset.server.control;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.store.StorageException;

/// Where a dataset stands on this node's host.
sealed interface HostState {
  record Stopped() implements HostState {}

  record Starting(DatasetDefinition definition) implements HostState {}

  record Running(DatasetDefinition definition) implements HostState {}

  /// @param retryAtNanos of the ticker, when another attempt is due
  record Failed(
      DatasetDefinition definition,
      StorageException.Kind kind,
      String message,
      int attempts,
      long retryAtNanos)
      implements HostState {}
}
