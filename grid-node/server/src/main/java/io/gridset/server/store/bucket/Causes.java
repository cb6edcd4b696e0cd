package io.gridset.server.store.bucket;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.Optional;

/// Finds our transport's failure again below what an SDK wrapped around it.
public final class Causes {
  /// Deeper chains are loops.
  private static final int MAX_DEPTH = 16;

  private Causes() {}

  /// @param endpointField the option to check when the endpoint cannot be reached
  public static Optional<StorageException> storage(Throwable thrown, String endpointField) {
    return find(thrown)
        .map(
            found ->
                found.kind() == Kind.UNAVAILABLE && found.retryable()
                    ? StorageException.retryable(
                        Kind.UNAVAILABLE,
                        found.getMessage() + "; the endpoint is options " + endpointField,
                        found)
                    : found.again());
  }

  private static Optional<StorageException> find(Throwable thrown) {
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
