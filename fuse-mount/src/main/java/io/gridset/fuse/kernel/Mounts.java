package io.gridset.fuse.kernel;

import io.gridset.fuse.transport.MountRequest;
import io.gridset.fuse.transport.MountRequest.Option;
import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.transport.TransportException.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// mount(2) and umount2(2).
public final class Mounts {
  private static final long RDONLY_NOSUID_NODEV_NOATIME = 1 | 2 | 4 | 1024;
  private static final String TYPE = "fuse.gridset";

  private Mounts() {}

  /// What became of an unmount.
  public enum Unmounted {
    DONE,
    BUSY,
    NOT_MOUNTED,
    NOT_PERMITTED
  }

  /// Takes a mount away, even when in use: it disappears from the tree at once and ends with its
  /// last user.
  public static Unmounted detach(Path mountPoint) {
    return unmount(mountPoint, Libc.MNT_DETACH);
  }

  /// Takes a mount away unless it is in use.
  static Unmounted unmount(Path mountPoint) {
    return unmount(mountPoint, 0);
  }

  static void mount(Device device, MountRequest request) throws TransportException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Libc.errnoMemory(arena);
      String data =
          "fd=%d,rootmode=40000,user_id=%d,group_id=%d,default_permissions%s"
              .formatted(
                  device.descriptor(),
                  Libc.userId(errno),
                  Libc.groupId(errno),
                  request.has(Option.ALL_USERS) ? ",allow_other" : "");
      int outcome =
          Libc.mount(
              errno,
              new Libc.MountArguments(
                  arena.allocateFrom(request.source()),
                  arena.allocateFrom(request.mountPoint().toString()),
                  arena.allocateFrom(TYPE),
                  RDONLY_NOSUID_NODEV_NOATIME,
                  arena.allocateFrom(data)));
      if (outcome == -Libc.EPERM || outcome == -Libc.EACCES) {
        throw new TransportException(
            Reason.NOT_PERMITTED,
            "mounting needs root or CAP_SYS_ADMIN; in a container: --cap-add SYS_ADMIN");
      }
      if (outcome == -Libc.ENODEV) {
        throw new TransportException(
            Reason.NOT_AVAILABLE, "the kernel knows no FUSE: run `modprobe fuse`");
      }
      if (outcome < 0) {
        throw Device.failed("mount(2) on " + request.mountPoint(), outcome);
      }
    }
  }

  private static Unmounted unmount(Path mountPoint, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      int outcome =
          Libc.umount(Libc.errnoMemory(arena), arena.allocateFrom(mountPoint.toString()), flags);
      return switch (-outcome) {
        case 0 -> Unmounted.DONE;
        case Libc.EBUSY -> Unmounted.BUSY;
        case Libc.EPERM -> Unmounted.NOT_PERMITTED;
        default -> Unmounted.NOT_MOUNTED;
      };
    }
  }
}
