package io.gridset.server.store.bucket;

import io.gridset.core.store.StorageException;
import io.gridset.server.store.mount.MountOptions;
import io.gridset.server.store.mount.StorePath;

/// A bucket and the prefix of the keys in it.
///
/// @param prefix empty, or ends with a slash
public record BucketLocation(String scheme, String bucket, String prefix) {
  /// Reads `scheme://bucket/prefix`.
  public static BucketLocation of(MountOptions options) throws StorageException {
    String point = options.mount().mountPoint();
    String rest = point.substring(point.indexOf("://") + 3);
    int slash = rest.indexOf('/');
    String bucket = slash < 0 ? rest : rest.substring(0, slash);
    String prefix = slash < 0 ? "" : rest.substring(slash + 1);
    while (prefix.endsWith("/")) {
      prefix = prefix.substring(0, prefix.length() - 1);
    }
    if (!bucket.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,62}")) {
      throw options.invalid(
          "'"
              + bucket
              + "' is not a bucket's name; write mountPoint like "
              + options.mount().scheme()
              + "://bucket/prefix");
    }
    StorePath.check(prefix);
    return new BucketLocation(
        options.mount().scheme(), bucket, prefix.isEmpty() ? "" : prefix + "/");
  }

  /// The key of a path in the mount.
  String key(String path) {
    return prefix + path;
  }

  @Override
  public String toString() {
    String path = prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1);
    return scheme + "://" + bucket + path;
  }
}
