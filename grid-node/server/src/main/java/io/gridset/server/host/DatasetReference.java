package io.gridset.server.host;

import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.Optional;

/// What `dataset://namespace/name[/sub]` refers to.
///
/// @param below the sub-directory, without leading slash; empty for all
record DatasetReference(DatasetName target, String below) {
  static final String SCHEME = "dataset";

  /// The reference that a dataset consists of; empty for a dataset with stores of its own.
  ///
  /// @throws StorageException INVALID when it is mixed with other mounts or cannot be read
  static Optional<DatasetReference> of(DatasetDefinition definition) throws StorageException {
    for (int i = 0; i < definition.mounts().size(); i++) {
      MountDefinition mount = definition.mounts().get(i);
      if (mount.scheme().equals(SCHEME)) {
        if (definition.mounts().size() > 1) {
          throw StorageException.of(
              Kind.INVALID,
              "mounts[" + i + "].mountPoint: a dataset:// mount must be the only one");
        }
        return Optional.of(parse(mount.mountPoint()));
      }
    }
    return Optional.empty();
  }

  private static DatasetReference parse(String mountPoint) throws StorageException {
    return io.gridset.core.manifest.DatasetReference.parse(mountPoint)
        .map(reference -> new DatasetReference(reference.original(), reference.subPath()))
        .orElseThrow(
            () ->
                StorageException.of(
                    Kind.INVALID,
                    "mounts[0].mountPoint: '"
                        + mountPoint
                        + "' is not dataset://namespace/name[/directory]"));
  }

  /// The path in the target of a path in the reference.
  String inTarget(String path) {
    if (below.isEmpty()) {
      return path;
    }
    return path.isEmpty() ? below : below + "/" + path;
  }

  /// The path in the reference of a path in the target; empty when it lies outside.
  Optional<String> inReference(String targetPath) {
    if (below.isEmpty()) {
      return Optional.of(targetPath);
    }
    if (targetPath.equals(below)) {
      return Optional.of("");
    }
    return targetPath.startsWith(below + "/")
        ? Optional.of(targetPath.substring(below.length() + 1))
        : Optional.empty();
  }
}
