package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;

/// The JDK's failures as the one that callers know.
final class Failures {
  private Failures() {}

  static StorageException of(String what, IOException e) {
    return e instanceof StorageException known
        ? known
        : StorageException.of(Kind.UNAVAILABLE, what + ": " + e, e);
  }
}
