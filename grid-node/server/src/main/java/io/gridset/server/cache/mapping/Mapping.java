package io.gridset.server.cache.mapping;

import io.gridset.core.store.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// A shared mapping of a range of a file; it outlives the descriptor. Reads are thread-safe. After
/// `close()` a view throws `IllegalStateException`, unless native code holds its bare address.
public final class Mapping implements AutoCloseable {
  private static final int PROT_READ = 1;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED = 1;
  private static final long FAILED = -1;

  private final Arena arena;
  private final MemorySegment segment;

  private Mapping(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /// Maps `bytes` bytes from `position`, a multiple of the page size, for reading.
  public static Mapping readOnly(NativeFile file, long position, long bytes)
      throws StorageException {
    return map(file, PROT_READ, position, bytes);
  }

  /// Maps for reading and writing, also past the file's end, where nothing may be touched before
  /// the file was extended by writing.
  static Mapping readWrite(NativeFile file, long bytes) throws StorageException {
    return map(file, PROT_READ_WRITE, 0, bytes);
  }

  private static Mapping map(NativeFile file, int protection, long position, long bytes)
      throws StorageException {
    Arena arena = Arena.ofShared();
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment state = Libc.state(scratch);
      MemorySegment address =
          (MemorySegment)
              Libc.MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  bytes,
                  protection,
                  MAP_SHARED,
                  file.descriptor(),
                  position);
      if (address.address() == FAILED) {
        throw Libc.failure("map", file.path().toString(), Libc.errno(state));
      }
      return new Mapping(arena, address.reinterpret(bytes, arena, Mapping::unmap));
    } catch (StorageException e) {
      arena.close();
      throw e;
    } catch (Throwable t) {
      arena.close();
      throw Libc.impossible(t);
    }
  }

  /// A read-only direct view of part of it.
  public ByteBuffer view(long offset, int bytes) {
    return segment.asSlice(offset, bytes).asByteBuffer().asReadOnlyBuffer();
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    arena.close();
  }

  private static void unmap(MemorySegment segment) {
    try (Arena scratch = Arena.ofConfined()) {
      int ignored = (int) Libc.MUNMAP.invokeExact(Libc.state(scratch), segment, segment.byteSize());
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }
}
