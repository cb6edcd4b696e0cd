package io.gridset.server.cache.mapping;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Handles of the C library's functions, for 64-bit Linux; each takes a segment for errno first.
final class Libc {
  static final int EINTR = 4;
  static final int EAGAIN = 11;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_VALUE =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  static final MethodHandle OPEN =
      variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  static final MethodHandle FCNTL =
      variadic("fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  static final MethodHandle CLOSE = fixed("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  static final MethodHandle FSYNC = fixed("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  static final MethodHandle FLOCK =
      fixed("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  static final MethodHandle FTRUNCATE =
      fixed("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
  static final MethodHandle FCHMOD =
      fixed("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  static final MethodHandle FALLOCATE =
      fixed("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  static final MethodHandle PWRITE =
      fixed("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  static final MethodHandle PREAD =
      fixed("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  static final MethodHandle STATX =
      fixed(
          "statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
  static final MethodHandle MMAP =
      fixed(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  static final MethodHandle MUNMAP =
      fixed("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  private Libc() {}

  /// Room for errno, to be passed as the first argument.
  static MemorySegment state(Arena arena) {
    return arena.allocate(STATE);
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO_VALUE.get(state, 0L);
  }

  /// The failure of `call` on `subject`.
  static StorageException failure(String call, String subject, int errno) {
    String message = call + " of " + subject + ": ";
    return switch (errno) {
      case 28, 122 -> StorageException.of(Kind.NO_SPACE, message + "no space is left (ENOSPC)");
      case 2 -> StorageException.of(Kind.NOT_FOUND, message + "no such file (ENOENT)");
      case 1, 13 -> StorageException.of(Kind.ACCESS_DENIED, message + "not permitted (EACCES)");
      case 23, 24 ->
          StorageException.retryable(
              Kind.UNAVAILABLE, message + "too many open files; raise 'ulimit -n' (EMFILE)");
      case 12 ->
          StorageException.retryable(
              Kind.UNAVAILABLE,
              message + "out of memory or of mappings, vm.max_map_count (ENOMEM)");
      case 5 -> StorageException.of(Kind.UNAVAILABLE, message + "the device failed (EIO)");
      default -> StorageException.of(Kind.UNAVAILABLE, message + "errno " + errno);
    };
  }

  /// What `invokeExact` declares and never throws.
  static IllegalStateException impossible(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a native call threw", thrown);
  }

  private static MethodHandle fixed(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, ERRNO);
  }

  private static MethodHandle variadic(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        ERRNO,
        Linker.Option.firstVariadicArg(2));
  }
}
