package io.gridset.server.control;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.store.StorageException;

/// Where a dataset stands on this node's host.
sealed interface HostState {
  record Stopped() implements HostState {}

  /// @param shownAs UPDATING when it replaces a running one
  record Starting(DatasetDefinition definition, Verdict.Phase shownAs) implements HostState {}

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
