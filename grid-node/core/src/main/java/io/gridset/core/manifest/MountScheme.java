package io.gridset.core.manifest;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The schemes of mount points: Fluid's and DESIGN.md's. Which of them a node can open is known to
/// its under stores, not here.
final class MountScheme {
  static final String DATASET = "dataset";

  private static final int SHORTEST_MOUNT_POINT = 5;
  private static final List<String> KNOWN =
      List.of(
          "oss", "s3", "http", "https", "local", DATASET, "gs", "cos", "obs", "azblob", "dls",
          "hdfs", "webhdfs", "juicefs", "pvc");

  /// Other programs' names for the same thing, too far from ours for an edit distance.
  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "file", "local", "s3a", "s3", "s3n", "s3", "minio", "s3", "gcs", "gs", "az", "azblob",
          "ossfs", "oss");

  private MountScheme() {}

  static String of(String mountPoint) {
    int end = mountPoint.indexOf("://");
    return end < 0 ? "" : mountPoint.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /// What is wrong with a mount point. Never quotes more of it than the scheme.
  static Optional<String> problem(String mountPoint) {
    String scheme = of(mountPoint);
    if (scheme.isEmpty()) {
      return Optional.of(
          "has no scheme; write it like oss://bucket/dir, https://host/dir/ or local:///dir");
    }
    if (!KNOWN.contains(scheme)) {
      String other = OTHER_NAMES.get(scheme);
      String hint =
          other == null ? NearestName.hint(scheme, KNOWN) : ", did you mean " + other + "?";
      return Optional.of(
          "unknown scheme '"
              + scheme
              + "'"
              + (hint.isEmpty() ? "; known: " + String.join(", ", KNOWN) : hint));
    }
    String rest = mountPoint.substring(scheme.length() + 3);
    String authority = rest.indexOf('/') < 0 ? rest : rest.substring(0, rest.indexOf('/'));
    if (authority.contains("@")) {
      return Optional.of("must not hold a user or password; use encryptOptions");
    }
    if (mountPoint.length() < SHORTEST_MOUNT_POINT) {
      return Optional.of("is too short");
    }
    if (scheme.equals(DATASET)) {
      return DatasetReference.parse(mountPoint).isPresent()
          ? Optional.empty()
          : Optional.of("must be dataset://namespace/name or dataset://namespace/name/sub/dir");
    }
    if (authority.isEmpty() && !List.of("local", "juicefs", "hdfs").contains(scheme)) {
      return Optional.of("names no " + (scheme.startsWith("http") ? "host" : "bucket"));
    }
    return Optional.empty();
  }
}
