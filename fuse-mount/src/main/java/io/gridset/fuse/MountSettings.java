package io.gridset.fuse;

import java.nio.file.Path;

/// How to mount.
///
/// @param mountPoint an existing directory
/// @param source what the mount table shows as the device, such as `gridset:default/models`
/// @param deviceLoops threads that take requests from the kernel, 1 to 64
public record MountSettings(
    Path mountPoint,
    String source,
    TransportChoice transport,
    PassthroughChoice passthrough,
    AccessChoice access,
    int deviceLoops) {
  private static final int MOST_LOOPS = 64;

  /// Loops only hand requests over or copy from memory, so a few keep many readers busy.
  private static final int DEFAULT_LOOPS_LIMIT = 4;

  public MountSettings {
    if (deviceLoops < 1 || deviceLoops > MOST_LOOPS) {
      throw new IllegalArgumentException(
          "deviceLoops is " + deviceLoops + "; it must be 1 to " + MOST_LOOPS);
    }
    if (source.isBlank() || source.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("source must not be blank");
    }
    mountPoint = mountPoint.toAbsolutePath().normalize();
  }

  /// The defaults: the best transport, passthrough where possible, readable by all users.
  public static MountSettings of(Path mountPoint, String source) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new MountSettings(
        mountPoint,
        source,
        TransportChoice.AUTO,
        PassthroughChoice.AUTO,
        AccessChoice.ALL_USERS,
        Math.clamp(processors, 2, DEFAULT_LOOPS_LIMIT));
  }

  public MountSettings withTransport(TransportChoice choice) {
    return new MountSettings(mountPoint, source, choice, passthrough, access, deviceLoops);
  }

  public MountSettings withPassthrough(PassthroughChoice choice) {
    return new MountSettings(mountPoint, source, transport, choice, access, deviceLoops);
  }

  public MountSettings withAccess(AccessChoice choice) {
    return new MountSettings(mountPoint, source, transport, passthrough, choice, deviceLoops);
  }
}
