package io.gridset.server.store.bucket;

import io.gridset.core.store.StorageException;
import java.util.Optional;

/// Finds our transport's failure again below what an SDK wrapped around it.
public final class Causes {
  /// Deeper chains are loops.
  private static final int MAX_DEPTH = 16;

  private Causes() {}

  public static Optional<StorageException> storage(Throwable thrown) {
    Throwable cause = thrown;
    for (int i = 0; i < MAX_DEPTH && cause != null; i++) {
      if (cause instanceof StorageException found) {
        return Optional.of(found);
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }
}
