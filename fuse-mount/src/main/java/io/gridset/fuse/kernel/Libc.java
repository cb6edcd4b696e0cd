package io.gridset.fuse.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The handful of C library calls that the transport needs. Each takes memory for `errno` (see
/// [#errnoMemory]) and returns the call's result, or the negated error number. Thread-safe.
final class Libc {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int ECONNABORTED = 103;
  static final int ENOTCONN = 107;

  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CLOEXEC = 0x80000;
  static final int O_PATH = 0x200000;
  static final int MNT_DETACH = 2;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle OPEN =
      variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle IOCTL =
      variadic("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle CLOSE =
      call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle READ =
      call("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITEV =
      call("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MOUNT =
      call("mount", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
  private static final MethodHandle UMOUNT2 =
      call("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle FSTATFS =
      call("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle MEMFD_CREATE =
      call("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle GETUID = call("getuid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle GETGID = call("getgid", FunctionDescriptor.of(JAVA_INT));

  private Libc() {}

  /// Memory for the error number of one thread's calls.
  static MemorySegment errnoMemory(Arena arena) {
    return arena.allocate(CAPTURED);
  }

  static int open(MemorySegment errno, MemorySegment path, int flags) {
    try {
      return (int) result(errno, (int) OPEN.invokeExact(errno, path, flags, 0));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int ioctl(MemorySegment errno, int descriptor, long request, MemorySegment argument) {
    try {
      return (int) result(errno, (int) IOCTL.invokeExact(errno, descriptor, request, argument));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int close(MemorySegment errno, int descriptor) {
    try {
      return (int) result(errno, (int) CLOSE.invokeExact(errno, descriptor));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static long read(MemorySegment errno, int descriptor, MemorySegment buffer) {
    try {
      return result(errno, (long) READ.invokeExact(errno, descriptor, buffer, buffer.byteSize()));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static long writev(MemorySegment errno, int descriptor, MemorySegment vectors, int count) {
    try {
      return result(errno, (long) WRITEV.invokeExact(errno, descriptor, vectors, count));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int mount(MemorySegment errno, MountArguments arguments) {
    try {
      return (int)
          result(
              errno,
              (int)
                  MOUNT.invokeExact(
                      errno,
                      arguments.source(),
                      arguments.target(),
                      arguments.type(),
                      arguments.flags(),
                      arguments.data()));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int umount(MemorySegment errno, MemorySegment target, int flags) {
    try {
      return (int) result(errno, (int) UMOUNT2.invokeExact(errno, target, flags));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int fstatfs(MemorySegment errno, int descriptor, MemorySegment buffer) {
    try {
      return (int) result(errno, (int) FSTATFS.invokeExact(errno, descriptor, buffer));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int memfdCreate(MemorySegment errno, MemorySegment name) {
    try {
      return (int) result(errno, (int) MEMFD_CREATE.invokeExact(errno, name, 1));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int userId(MemorySegment errno) {
    try {
      return (int) GETUID.invokeExact(errno);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int groupId(MemorySegment errno) {
    try {
      return (int) GETGID.invokeExact(errno);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// The arguments of mount(2), as C strings.
  record MountArguments(
      MemorySegment source,
      MemorySegment target,
      MemorySegment type,
      long flags,
      MemorySegment data) {}

  private static long result(MemorySegment errno, long returned) {
    return returned < 0 ? -(int) ERRNO.get(errno, 0L) : returned;
  }

  private static AssertionError broken(Throwable e) {
    return new AssertionError("a foreign call does not throw", e);
  }

  private static MethodHandle call(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"));
  }

  /// open and ioctl are variadic after their second argument, which some ABIs pass differently.
  private static MethodHandle variadic(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(2));
  }
}
