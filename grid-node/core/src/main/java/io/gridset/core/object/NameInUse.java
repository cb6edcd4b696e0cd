package io.gridset.core.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;

/// The failure to be told to whoever puts an object under a name that another has.
public final class NameInUse {
  private NameInUse() {}

  /// ALREADY_EXISTS, with what to do about it.
  public static StorageException of(ObjectName name) {
    return StorageException.of(
        Kind.ALREADY_EXISTS,
        "there is an object "
            + name
            + " already, and objects do not change: delete it first, or choose another name");
  }
}
