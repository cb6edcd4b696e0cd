package io.gridset.operator.webhook;

import io.gridset.core.unit.DataSize;
import java.util.Optional;

/// What all sidecars have in common.
///
/// @param image of Gridset; empty for that of the dataset's FUSE pods
/// @param mountRoot directory of the nodes below which datasets are mounted; Fluid's is
///   `/runtime-mnt`
/// @param memory that a sidecar may cache in
public record SidecarSettings(Optional<String> image, String mountRoot, DataSize memory) {
  /// Fluid's.
  public static final String DEFAULT_MOUNT_ROOT = "/runtime-mnt";

  public SidecarSettings {
    if (image.isPresent() && image.get().isBlank()) {
      throw new IllegalArgumentException("the sidecar's image has no name");
    }
    if (!mountRoot.matches("(/[A-Za-z0-9._-]+)+")) {
      throw new IllegalArgumentException("'" + mountRoot + "' is no directory of a node");
    }
  }
}
