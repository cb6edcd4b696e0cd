package io.gridset.core.manifest;

import io.gridset.core.dataset.DatasetName;
import java.util.Arrays;
import java.util.Optional;

/// A mount point `dataset://namespace/name[/sub/dir]`.
///
/// @param subPath without slashes at its ends, empty for the whole dataset
public record DatasetReference(DatasetName original, String subPath) {
  private static final String PREFIX = "dataset://";

  /// Empty when `mountPoint` is not such a reference, or leaves the original's tree.
  public static Optional<DatasetReference> parse(String mountPoint) {
    if (!mountPoint.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String[] parts =
        Arrays.stream(mountPoint.substring(PREFIX.length()).split("/"))
            .filter(part -> !part.isEmpty() && !part.equals("."))
            .toArray(String[]::new);
    if (parts.length < 2 || Arrays.asList(parts).contains("..")) {
      return Optional.empty();
    }
    return Optional.of(
        new DatasetReference(
            new DatasetName(parts[0], parts[1]),
            String.join("/", Arrays.copyOfRange(parts, 2, parts.length))));
  }
}
