package io.gridset.core.dataset;

import java.util.Map;

/// One mount of a dataset, ready to be opened.
///
/// @param name unique in the dataset; part of every file version
/// @param mountPoint where the bytes are, such as `oss://bucket/prefix`, `s3://bucket/prefix`,
///   `https://host/dir/`, `local:///data`, `dataset://namespace/name/sub`
/// @param path where it appears in the dataset's tree: absolute, normalised, `/` for the root
/// @param options plain settings, such as `fs.oss.endpoint`
/// @param credentials resolved `encryptOptions`, by option name
public record MountDefinition(
    String name,
    String mountPoint,
    String path,
    Map<String, String> options,
    Map<String, SecretValue> credentials) {
  public MountDefinition {
    options = Map.copyOf(options);
    credentials = Map.copyOf(credentials);
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("mount path is not absolute: " + path);
    }
  }

  /// The scheme of the mount point, in lower case.
  public String scheme() {
    int colon = mountPoint.indexOf("://");
    return colon < 0 ? "" : mountPoint.substring(0, colon).toLowerCase(java.util.Locale.ROOT);
  }
}
