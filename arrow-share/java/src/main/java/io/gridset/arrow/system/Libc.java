package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/// The C library's calls. Those of the kernel return their result, or the negated error number.
/// Thread-safe.
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();

  private static final MethodHandle SOCKET =
      kernel("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CONNECT =
      kernel("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      kernel(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SHUTDOWN =
      kernel("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SENDMSG =
      kernel("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle RECVMSG =
      kernel("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CLOSE =
      kernel("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle OPEN =
      kernel(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle LSEEK =
      kernel("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle FTRUNCATE =
      kernel("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MEMFD_CREATE =
      kernel("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MMAP =
      kernel(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      kernel("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle MADVISE =
      kernel("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle ALIGNED_ALLOC =
      plain("aligned_alloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = plain("free", FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle MEMCPY =
      plain("memcpy", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));

  private Libc() {}

  static int socket(int domain, int type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) SOCKET.invokeExact(errno, domain, type, 0));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int connect(int socket, MemorySegment address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int)
          result(
              errno, (int) CONNECT.invokeExact(errno, socket, address, (int) address.byteSize()));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// Sets an option of level SOL_SOCKET.
  static int setSocketOption(int socket, int option, MemorySegment value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int)
          result(
              errno,
              (int)
                  SETSOCKOPT.invokeExact(errno, socket, 1, option, value, (int) value.byteSize()));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// Ends both directions: whoever waits on the socket returns.
  static int shutdown(int socket) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) SHUTDOWN.invokeExact(errno, socket, 2));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static long sendMessage(int socket, MemorySegment header, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return result(errno, (long) SENDMSG.invokeExact(errno, socket, header, flags));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static long receiveMessage(int socket, MemorySegment header, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return result(errno, (long) RECVMSG.invokeExact(errno, socket, header, flags));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) CLOSE.invokeExact(errno, descriptor));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int open(MemorySegment path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) OPEN.invokeExact(errno, path, flags, 0));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// Length of a file; moves where its descriptor stands.
  static long end(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return result(errno, (long) LSEEK.invokeExact(errno, descriptor, 0L, 2));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int truncate(int descriptor, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) FTRUNCATE.invokeExact(errno, descriptor, bytes));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// A descriptor of a new file in memory that has no path.
  static int createInMemory(MemorySegment name, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int) result(errno, (int) MEMFD_CREATE.invokeExact(errno, name, flags));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// The address, or the negated error number: no address of a process is negative.
  static long map(long bytes, int protection, int flags, int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return result(
          errno,
          (long)
              MMAP.invokeExact(
                  errno, MemorySegment.NULL, bytes, protection, flags, descriptor, 0L));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int unmap(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int)
          result(errno, (int) MUNMAP.invokeExact(errno, MemorySegment.ofAddress(address), bytes));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static int advise(long address, long bytes, int advice) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errno(arena);
      return (int)
          result(
              errno,
              (int) MADVISE.invokeExact(errno, MemorySegment.ofAddress(address), bytes, advice));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// The address, or 0 when there is no memory.
  ///
  /// @param bytes a multiple of `alignment`
  static long allocate(long alignment, long bytes) {
    try {
      return ((MemorySegment) ALIGNED_ALLOC.invokeExact(alignment, bytes)).address();
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  static void free(long address) {
    try {
      FREE.invokeExact(MemorySegment.ofAddress(address));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /// The C library's own copy, which goes past the caches when much is copied, as the JDK's does
  /// not.
  static void copy(long to, long from, long bytes) {
    try {
      MemorySegment end =
          (MemorySegment)
              MEMCPY.invokeExact(MemorySegment.ofAddress(to), MemorySegment.ofAddress(from), bytes);
      assert end.address() == to;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static MemorySegment errno(Arena arena) {
    return arena.allocate(Linker.Option.captureStateLayout());
  }

  private static long result(MemorySegment errno, long returned) {
    return returned == -1 ? -errno.get(JAVA_INT, 0) : returned;
  }

  private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
    return handle(name, descriptor);
  }

  private static MethodHandle kernel(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = Linker.Option.captureCallState("errno");
    return handle(name, descriptor, all);
  }

  private static MethodHandle handle(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
    MemoryLayout longest = ADDRESS;
    if (longest.byteSize() != Long.BYTES) {
      throw new UnsatisfiedLinkError("objects need a 64-bit machine");
    }
    return LINKER.downcallHandle(symbol, descriptor, options);
  }

  private static RuntimeException broken(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
