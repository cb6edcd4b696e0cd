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
  private static final long READ_ONLY = 1;
  private static final long NOSUID_NODEV_NOATIME = 2 | 4 | 1024;
  private static final String TYPE = "fuse.gridset";

  private Mounts() {}

  /// What became of an unmount.
  public enum Unmounted {
    DONE,
    BUSY,
    NOT_MOUNTED,
    NOT_PERMITTED
  }

  /// Whether the server of the FUSE mount at `mountPoint` is gone. Asks it, so the call waits for
  /// as long as a live server takes to answer.
  public static boolean isDead(Path mountPoint) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(mountPoint.toString());
      int descriptor = Libc.open(Libc.errnoMemory(arena), path, Libc.O_PATH | Libc.O_CLOEXEC);
      if (descriptor < 0) {
        return isDisconnected(descriptor);
      }
      try (Root root = new Root(descriptor)) {
        return isDisconnected(root.ask());
      }
    }
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

  /// Detaches a mount and keeps hold of its root, through which it can still be asked something.
  static Root detachKeepingRoot(Path mountPoint) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(mountPoint.toString());
      int descriptor = Libc.open(Libc.errnoMemory(arena), path, Libc.O_PATH | Libc.O_CLOEXEC);
      detach(mountPoint);
      return new Root(descriptor);
    }
  }

  /// The root directory of a mount that is no longer in the tree. Of one thread.
  record Root(int descriptor) implements AutoCloseable {
    /// `struct statfs` has 120 bytes on 64-bit Linux.
    private static final int STATFS_BYTES = 256;

    /// Makes the kernel send one request; returns 0 or a negated error number.
    int ask() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment ignored = arena.allocate(STATFS_BYTES, 8);
        return Libc.fstatfs(Libc.errnoMemory(arena), descriptor, ignored);
      }
    }

    @Override
    public void close() {
      try (Arena arena = Arena.ofConfined()) {
        Libc.close(Libc.errnoMemory(arena), descriptor);
      }
    }
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
                  NOSUID_NODEV_NOATIME | (request.has(Option.WRITABLE) ? 0 : READ_ONLY),
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

  private static boolean isDisconnected(int outcome) {
    return outcome == -Libc.ENOTCONN || outcome == -Libc.ECONNABORTED;
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
