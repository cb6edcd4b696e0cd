package io.gridset.server.object.door;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import java.time.Duration;

/// Who is to put which name, so that of many who need an object one makes it and the others wait. A
/// claim is an agreement among those who ask for it: it keeps nobody from putting the name.
/// Thread-safe.
public interface ObjectClaims {
  /// What became of a request.
  enum Outcome {
    /// The caller is to put the name, or to release it.
    GRANTED,
    /// There is such an object.
    EXISTS,
    /// Somebody else holds the claim still.
    BUSY
  }

  /// Waits up to `wait` until the name exists or the claim is free. Granted again to its owner.
  ///
  /// @param owner a session of this node, never the same twice
  Outcome claim(ObjectName name, String owner, Duration wait)
      throws StorageException, InterruptedException;

  /// Gives a claim back; nothing when `owner` does not hold it. Called after its put, too.
  void release(ObjectName name, String owner);
}
