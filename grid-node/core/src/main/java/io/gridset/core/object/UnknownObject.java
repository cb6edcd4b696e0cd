package io.gridset.core.object;

import io.gridset.core.manifest.NearestName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.List;

/// The failure to be told to whoever asks for an object that is not there.
public final class UnknownObject {
  /// Names compared with the wanted one: the comparison is quadratic in their lengths.
  private static final int COMPARED_MAX = 10_000;

  private UnknownObject() {}

  /// UNAVAILABLE, naming the node that had it, for an object that is lost; else NOT_FOUND, with the
  /// nearest name in `store` when one is near.
  public static StorageException in(ObjectStore store, ObjectName name) {
    for (LostObject lost : store.lost(name.namespace(), name.path())) {
      if (lost.info().name().equals(name)) {
        return StorageException.retryable(Kind.UNAVAILABLE, lost.message());
      }
    }
    List<String> known =
        store.list(name.namespace(), "").stream()
            .limit(COMPARED_MAX)
            .map(info -> info.name().path())
            .toList();
    return StorageException.of(
        Kind.NOT_FOUND, "there is no object " + name + NearestName.hint(name.path(), known));
  }
}
