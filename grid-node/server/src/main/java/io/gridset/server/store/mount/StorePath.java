package io.gridset.server.store.mount;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;

/// The rule for paths in a store: segments that are never empty, `.`, `..` or hold NUL.
public final class StorePath {
  private StorePath() {}

  /// Whether `name` may be one segment.
  public static boolean isName(String name) {
    return !name.isEmpty()
        && !name.equals(".")
        && !name.equals("..")
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0;
  }

  /// Checks a path that a reader gave; the empty path is the root.
  ///
  /// @throws StorageException INVALID when it could lead out of the mount
  public static String check(String path) throws StorageException {
    if (path.isEmpty()) {
      return path;
    }
    for (String segment : path.split("/", -1)) {
      if (!isName(segment)) {
        throw StorageException.of(Kind.INVALID, "not a path in a mount: '" + path + "'");
      }
    }
    return path;
  }
}
