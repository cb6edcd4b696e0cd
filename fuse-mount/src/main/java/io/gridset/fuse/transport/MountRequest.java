package io.gridset.fuse.transport;

import java.nio.file.Path;
import java.util.Set;

/// What a transport is asked to mount.
///
/// @param mountPoint an existing directory that is no mount point, as a real path
/// @param source what the mount table shows as the device
/// @param deviceLoops threads that read requests; transports may ignore it
public record MountRequest(Path mountPoint, String source, Set<Option> options, int deviceLoops) {
  /// Properties of a mount.
  public enum Option {
    /// Other users than the mounting one may read.
    ALL_USERS,
    /// The kernel may read sealed files by itself.
    PASSTHROUGH,
    /// As PASSTHROUGH, for cache files on a stacked file system such as a container's overlay root.
    STACKED_PASSTHROUGH,
    /// The tree takes new files; a transport that cannot write mounts it for reading.
    WRITABLE
  }

  public MountRequest {
    options = Set.copyOf(options);
    if (deviceLoops < 1) {
      throw new IllegalArgumentException("device loops: " + deviceLoops);
    }
  }

  public boolean has(Option option) {
    return options.contains(option);
  }
}
