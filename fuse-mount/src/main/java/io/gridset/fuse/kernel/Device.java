package io.gridset.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.transport.TransportException.Reason;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// A descriptor of /dev/fuse that belongs to one connection. Replies must leave through the
/// descriptor that their request came from: on a clone's sibling the write fails and the caller
/// hangs. `close()` waits for writes under way, so that a late reply never meets a descriptor
/// number that has been given to something else; after it, writes fail with ENODEV. Thread-safe.
final class Device implements AutoCloseable {
  private static final String PATH = "/dev/fuse";
  private static final long CLONE = 0x8004E500L;
  private static final long BACKING_OPEN = 0x4010E501L;
  private static final long BACKING_CLOSE = 0x4004E502L;

  private final int descriptor;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private Device(int descriptor) {
    this.descriptor = descriptor;
  }

  static Device open() throws TransportException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          Libc.open(
              Libc.errnoMemory(arena), arena.allocateFrom(PATH), Libc.O_RDWR | Libc.O_CLOEXEC);
      if (descriptor >= 0) {
        return new Device(descriptor);
      }
      throw switch (-descriptor) {
        case Libc.ENOENT, Libc.ENODEV, Libc.ENXIO ->
            new TransportException(
                Reason.NOT_AVAILABLE,
                "there is no "
                    + PATH
                    + ": run `modprobe fuse`; in a container: --device /dev/fuse --cap-add"
                    + " SYS_ADMIN");
        case Libc.EPERM, Libc.EACCES ->
            new TransportException(
                Reason.NOT_PERMITTED,
                "this user may not open "
                    + PATH
                    + "; run as root, or in a container with --device /dev/fuse --cap-add"
                    + " SYS_ADMIN");
        default -> failed("opening " + PATH, descriptor);
      };
    }
  }

  /// Another descriptor of the same connection, with a request queue of its own.
  Device cloned() throws TransportException {
    Device clone = open();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(JAVA_INT, descriptor);
      int outcome = Libc.ioctl(Libc.errnoMemory(arena), clone.descriptor, CLONE, source);
      if (outcome < 0) {
        clone.close();
        throw failed("cloning the connection", outcome);
      }
      return clone;
    }
  }

  int descriptor() {
    return descriptor;
  }

  /// Reads one request; blocks. Returns its length or a negated error number.
  long read(MemorySegment errno, MemorySegment buffer) {
    return Libc.read(errno, descriptor, buffer);
  }

  /// Writes one reply or notification; returns its length or a negated error number.
  long write(MemorySegment errno, MemorySegment vectors, int count) {
    lock.readLock().lock();
    try {
      return closed ? -Libc.ENODEV : Libc.writev(errno, descriptor, vectors, count);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Lets the kernel read `file` itself; returns the backing id, above 0, or a negated error
  /// number.
  int openBacking(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Libc.errnoMemory(arena);
      int opened =
          Libc.open(errno, arena.allocateFrom(file.toString()), Libc.O_RDONLY | Libc.O_CLOEXEC);
      return opened < 0 ? opened : registerAndClose(arena, opened);
    }
  }

  /// Tries passthrough with an anonymous memory file; returns 0 or a negated error number. The
  /// kernel offers the feature to processes that it then refuses, such as those in a user
  /// namespace.
  int probeBacking() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Libc.errnoMemory(arena);
      int memory = Libc.memfdCreate(errno, arena.allocateFrom("gridset-passthrough-probe"));
      int id = memory < 0 ? memory : registerAndClose(arena, memory);
      if (id <= 0) {
        return id == 0 ? -Libc.EINVAL : id;
      }
      closeBacking(id);
      return 0;
    }
  }

  void closeBacking(int id) {
    lock.readLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (!closed) {
        Libc.ioctl(
            Libc.errnoMemory(arena), descriptor, BACKING_CLOSE, arena.allocateFrom(JAVA_INT, id));
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try (Arena arena = Arena.ofConfined()) {
      if (!closed) {
        closed = true;
        Libc.close(Libc.errnoMemory(arena), descriptor);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /// `struct fuse_backing_map {i32 fd; u32 flags; u64 padding}`. The kernel keeps its own
  /// reference.
  private int registerAndClose(Arena arena, int file) {
    MemorySegment errno = Libc.errnoMemory(arena);
    MemorySegment map = arena.allocate(16, 8);
    map.set(JAVA_INT, 0, file);
    map.set(JAVA_LONG, 8, 0L);
    lock.readLock().lock();
    try {
      return closed ? -Libc.ENODEV : Libc.ioctl(errno, descriptor, BACKING_OPEN, map);
    } finally {
      lock.readLock().unlock();
      Libc.close(errno, file);
    }
  }

  static TransportException failed(String step, int outcome) {
    return new TransportException(Reason.FAILED, step + " failed: error " + -outcome);
  }
}
