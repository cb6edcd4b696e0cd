package io.gridset.server.control;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.store.StorageException;

/// What a load does on this node at the moment.
sealed interface LoadActivity {
  record Idle() implements LoadActivity {}

  /// Asked for, not yet answered.
  record Starting() implements LoadActivity {}

  record Running(LoadProgress progress) implements LoadActivity {}

  /// The host would not begin.
  record Refused(StorageException.Kind kind, String message) implements LoadActivity {}
}
