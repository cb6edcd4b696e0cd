package io.gridset.server.cache.mapping;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.gridset.core.store.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A mapped file of 4- and 8-byte cells that survives the process. It grows by writing zeros, so a
/// full file system is NO_SPACE and never a signal; the address range is reserved once, so it never
/// moves. Plain accesses need the caller's lock; the ordered ones do not. Offsets are in bytes.
public final class TableMemory implements AutoCloseable {
  /// Address space reserved: room for eleven million one-block files; costs no memory.
  public static final long MAX_BYTES = 1L << 30;

  private static final int GROWTH_BYTES = 256 << 10;
  private static final VarHandle LONGS = JAVA_LONG.varHandle();
  private static final VarHandle INTS = JAVA_INT.varHandle();

  private final NativeFile file;
  private final Mapping mapping;
  private final MemorySegment memory;
  private volatile long bytes;

  private TableMemory(NativeFile file, Mapping mapping, long bytes) {
    this.file = file;
    this.mapping = mapping;
    this.memory = mapping.segment();
    this.bytes = bytes;
  }

  public static TableMemory open(Path path) throws StorageException {
    NativeFile file = NativeFile.openOrCreate(path);
    try {
      long bytes = file.figures().bytes();
      return new TableMemory(file, Mapping.readWrite(file, MAX_BYTES), Math.min(bytes, MAX_BYTES));
    } catch (StorageException e) {
      file.close();
      throw e;
    }
  }

  /// Bytes that may be touched.
  public long bytes() {
    return bytes;
  }

  /// Makes at least `wanted` bytes touchable; under the caller's lock.
  public void growTo(long wanted) throws StorageException {
    if (wanted > MAX_BYTES) {
      throw StorageException.of(
          StorageException.Kind.NO_SPACE, "the cache table " + file.path() + " is full");
    }
    long size = bytes;
    if (size >= wanted) {
      return;
    }
    ByteBuffer zeros = ByteBuffer.allocateDirect(GROWTH_BYTES);
    while (size < wanted) {
      int step = (int) Math.min(GROWTH_BYTES, MAX_BYTES - size);
      file.write(zeros.clear().limit(step), size);
      size += step;
      bytes = size;
    }
  }

  /// Empties it.
  public void reset() throws StorageException {
    bytes = 0;
    file.resize(0);
  }

  public int getInt(long offset) {
    return memory.get(JAVA_INT, checked(offset, 4));
  }

  public void setInt(long offset, int value) {
    memory.set(JAVA_INT, checked(offset, 4), value);
  }

  public long getLong(long offset) {
    return memory.get(JAVA_LONG, checked(offset, 8));
  }

  public void setLong(long offset, long value) {
    memory.set(JAVA_LONG, checked(offset, 8), value);
  }

  public void setIntRelease(long offset, int value) {
    INTS.setRelease(memory, checked(offset, 4), value);
  }

  public long getLongVolatile(long offset) {
    return (long) LONGS.getVolatile(memory, checked(offset, 8));
  }

  public void setLongRelease(long offset, long value) {
    LONGS.setRelease(memory, checked(offset, 8), value);
  }

  public boolean compareAndSetLong(long offset, long expected, long value) {
    return LONGS.compareAndSet(memory, checked(offset, 8), expected, value);
  }

  public void zero(long offset, long count) {
    memory.asSlice(checked(offset, count), count).fill((byte) 0);
  }

  private long checked(long offset, long count) {
    if (offset < 0 || offset + count > bytes) {
      throw new IndexOutOfBoundsException("table offset " + offset + " of " + bytes);
    }
    return offset;
  }

  @Override
  public void close() {
    mapping.close();
    file.close();
  }
}
