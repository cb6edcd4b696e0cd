package io.gridset.core.manifest;

import java.util.List;
import java.util.Map;

/// One entry of a Dataset's `spec.mounts`.
///
/// @param name empty when none is given
/// @param path as written, empty when none is given
public record MountSpec(
    String mountPoint,
    String name,
    String path,
    Map<String, String> options,
    List<EncryptOption> encryptOptions) {
  public MountSpec {
    options = Map.copyOf(options);
    encryptOptions = List.copyOf(encryptOptions);
  }

  /// Without the options, whose values may be secrets.
  @Override
  public String toString() {
    return "MountSpec[" + mountPoint + " at " + treePath() + "]";
  }

  /// Where the mount appears in the dataset's tree, by Fluid's rule (`ufs_path_builder.go`): `path`
  /// if it is absolute, otherwise the name. Normalised.
  public String treePath() {
    String chosen = path.startsWith("/") ? path : "/" + name;
    StringBuilder normal = new StringBuilder();
    for (String part : chosen.split("/")) {
      if (!part.isEmpty() && !part.equals(".")) {
        normal.append('/').append(part);
      }
    }
    return normal.isEmpty() ? "/" : normal.toString();
  }

  /// Whether `path` is written but, not being absolute, has no effect.
  boolean hasIgnoredPath() {
    return !path.isEmpty() && !path.startsWith("/");
  }

  String scheme() {
    return MountScheme.of(mountPoint);
  }
}
