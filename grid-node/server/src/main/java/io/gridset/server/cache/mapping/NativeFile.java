package io.gridset.server.cache.mapping;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.gridset.core.store.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// An open descriptor of a file. Positional calls only; thread-safe but for `close`, which must
/// come last and is idempotent. Failures are [StorageException], a full file system being NO_SPACE.
///
/// Sources: open(2), pread(2), pwrite(2), fallocate(2), statx(2), fsync(2), fcntl(2) "Leases".
public final class NativeFile implements AutoCloseable {
  private static final int O_RDWR = 2;
  private static final int O_CREAT = 0x40;
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;
  private static final int F_SETSIG = 10;
  private static final int F_SETLEASE = 1024;
  private static final int F_RDLCK = 0;
  private static final int F_WRLCK = 1;
  private static final int F_UNLCK = 2;
  private static final int LOCK_EXCLUSIVE_NOWAIT = 6;
  private static final int SIGURG = 23;
  private static final int PUNCH_HOLE_KEEP_SIZE = 3;
  private static final int AT_FDCWD = -100;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int STATX_BASIC = 0x7FF;
  private static final long STATX_BYTES = 256;
  private static final int STAT_BLOCK_BYTES = 512;

  private final Path path;
  private final int descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  private NativeFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /// @param bytes length
  /// @param allocatedBytes what the file system holds for it
  /// @param permissions the nine permission bits
  public record Figures(long bytes, long allocatedBytes, int permissions) {}

  /// Creates a sparse file of `bytes` bytes, mode 0600; fails when there is one.
  public static NativeFile create(Path path, long bytes) throws StorageException {
    NativeFile file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    try {
      file.resize(bytes);
      return file;
    } catch (StorageException e) {
      file.close();
      throw e;
    }
  }

  /// Opens for reading and writing, creating an empty file when there is none.
  public static NativeFile openOrCreate(Path path) throws StorageException {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  }

  public static NativeFile openForWriting(Path path) throws StorageException {
    return open(path, O_RDWR | O_CLOEXEC, 0);
  }

  public static NativeFile openForReading(Path path) throws StorageException {
    return open(path, O_CLOEXEC, 0);
  }

  private static NativeFile open(Path path, int flags, int mode) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      MemorySegment name = arena.allocateFrom(path.toString());
      int descriptor;
      do {
        descriptor = (int) Libc.OPEN.invokeExact(state, name, flags, mode);
      } while (descriptor < 0 && Libc.errno(state) == Libc.EINTR);
      if (descriptor < 0) {
        throw Libc.failure("open", path.toString(), Libc.errno(state));
      }
      return new NativeFile(path, descriptor);
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  public Path path() {
    return path;
  }

  /// Writes all that remains in `bytes` at `position`.
  public void write(ByteBuffer bytes, long position) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      MemorySegment source = MemorySegment.ofBuffer(bytes);
      if (!source.isNative()) {
        source = arena.allocate(source.byteSize()).copyFrom(source);
      }
      long done = 0;
      while (done < source.byteSize()) {
        long count =
            (long)
                Libc.PWRITE.invokeExact(
                    state,
                    descriptor,
                    source.asSlice(done),
                    source.byteSize() - done,
                    position + done);
        if (count < 0 && Libc.errno(state) != Libc.EINTR) {
          throw Libc.failure("write", path.toString(), Libc.errno(state));
        }
        done += Math.max(count, 0);
      }
      bytes.position(bytes.limit());
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Reads `bytes` bytes from `position`: for few of them cheaper than a mapping, whose end every
  /// thread of the process has to hear of.
  ///
  /// @throws StorageException CORRUPT when the file is shorter
  public byte[] read(long position, int bytes) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      MemorySegment target = arena.allocate(bytes);
      long done = 0;
      while (done < bytes) {
        long count =
            (long)
                Libc.PREAD.invokeExact(
                    state, descriptor, target.asSlice(done), bytes - done, position + done);
        if (count < 0 && Libc.errno(state) != Libc.EINTR) {
          throw Libc.failure("read", path.toString(), Libc.errno(state));
        }
        if (count == 0) {
          throw StorageException.of(
              StorageException.Kind.CORRUPT, path + " is shorter than " + (position + bytes));
        }
        done += Math.max(count, 0);
      }
      return target.toArray(JAVA_BYTE);
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Sets the length without taking space.
  public void resize(long bytes) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      if ((int) Libc.FTRUNCATE.invokeExact(state, descriptor, bytes) < 0) {
        throw Libc.failure("resize", path.toString(), Libc.errno(state));
      }
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  public void setPermissions(int permissions) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      if ((int) Libc.FCHMOD.invokeExact(state, descriptor, permissions) < 0) {
        throw Libc.failure("chmod", path.toString(), Libc.errno(state));
      }
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Takes the space of the first `bytes` bytes and makes the file at least that long, so that
  /// writing to a mapping of them cannot fail any more. All or nothing.
  public void allocate(long bytes) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      int result;
      do {
        result = (int) Libc.FALLOCATE.invokeExact(state, descriptor, 0, 0L, bytes);
      } while (result < 0 && Libc.errno(state) == Libc.EINTR);
      if (result < 0) {
        throw Libc.failure("allocate", path.toString(), Libc.errno(state));
      }
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Waits until all that was written is on the device. Works on a directory that is open for
  /// reading, too, for the names in it.
  public void sync() throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      int result;
      do {
        result = (int) Libc.FSYNC.invokeExact(state, descriptor);
      } while (result < 0 && Libc.errno(state) == Libc.EINTR);
      if (result < 0) {
        throw Libc.failure("sync", path.toString(), Libc.errno(state));
      }
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Gives the pages of a range back; the length stays.
  public void punchHole(long position, long bytes) throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      if ((int) Libc.FALLOCATE.invokeExact(state, descriptor, PUNCH_HOLE_KEEP_SIZE, position, bytes)
          < 0) {
        throw Libc.failure("punch", path.toString(), Libc.errno(state));
      }
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  public Figures figures() throws StorageException {
    return figures(path, descriptor, "", AT_EMPTY_PATH);
  }

  /// The figures of a file that need not be opened for them.
  public static Figures figuresOf(Path path) throws StorageException {
    return figures(path, AT_FDCWD, path.toString(), 0);
  }

  private static Figures figures(Path path, int directory, String name, int flags)
      throws StorageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      MemorySegment stat = arena.allocate(STATX_BYTES, 8);
      MemorySegment text = arena.allocateFrom(name);
      if ((int) Libc.STATX.invokeExact(state, directory, text, flags, STATX_BASIC, stat) < 0) {
        throw Libc.failure("stat", path.toString(), Libc.errno(state));
      }
      return new Figures(
          stat.get(JAVA_LONG, 40),
          stat.get(JAVA_LONG, 48) * STAT_BLOCK_BYTES,
          stat.get(JAVA_SHORT, 28) & 0777);
    } catch (StorageException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Takes a write lease, which the kernel grants only while no other open or mapping of the file
  /// exists in any process. Whoever opens the file afterwards waits until this is closed, so close
  /// it at once. A lease that is being broken is announced by a signal whose default would end the
  /// process: SIGURG, ignored by default, is asked for instead.
  ///
  /// It does not see pages in a pipe or a sendfile queue, duplicates of this very descriptor, and
  /// O_PATH holders; none of these lose bytes when the file is only unlinked.
  public boolean tryExclusive() {
    return tryLease(F_WRLCK);
  }

  /// Takes a read lease, which the kernel grants to a descriptor that is open for reading only, and
  /// only while no writable descriptor or shared writable mapping of the file exists in any
  /// process. Who opens the file for writing afterwards waits until this is closed.
  public boolean tryUnwritten() {
    return tryLease(F_RDLCK);
  }

  /// Ends a lease that was taken, if any; the file stays open.
  public void endLease() {
    tryLease(F_UNLCK);
  }

  private boolean tryLease(int type) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      if ((int) Libc.FCNTL.invokeExact(state, descriptor, F_SETSIG, SIGURG) < 0) {
        return false;
      }
      return (int) Libc.FCNTL.invokeExact(state, descriptor, F_SETLEASE, type) == 0;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Takes the advisory lock of this open file (flock(2)), unless another open of it, in any
  /// process or in this one, holds it. Gone with `close` or with the process.
  public boolean tryLock() {
    try (Arena arena = Arena.ofConfined()) {
      return (int) Libc.FLOCK.invokeExact(Libc.state(arena), descriptor, LOCK_EXCLUSIVE_NOWAIT)
          == 0;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  int descriptor() {
    return descriptor;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) Libc.CLOSE.invokeExact(Libc.state(arena), descriptor);
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }
}
