package io.gridset.client;

import io.gridset.core.dataset.DatasetName;

/// What to mount where.
///
/// @param mountPoint absolute path of a directory on the node's machine
public record MountRequest(
    DatasetName dataset, String mountPoint, Transport transport, Passthrough passthrough) {
  /// How the node talks to the kernel.
  public enum Transport {
    AUTO,
    KERNEL,
    LIBFUSE
  }

  /// Whether sealed files may be read by the kernel itself.
  public enum Passthrough {
    WHERE_POSSIBLE,
    OFF
  }
}
