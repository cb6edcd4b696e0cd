package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// Memory outside the heap: a mapped file, or allocated. Begins at a multiple of 64. Positions are
/// checked, lifetimes are not: nobody may use a region, or an address in it, that is closed.
/// Thread-safe as far as its bytes are.
public final class Region implements AutoCloseable {
  private static final long ALIGNMENT = 64;
  private static final long PAGE = 4096;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_NORESERVE = 0x4000;
  private static final int MADV_POPULATE_WRITE = 23;

  private final long address;
  private final long bytes;
  private final boolean mapped;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Region(long address, long bytes, boolean mapped) {
    this.address = address;
    this.bytes = bytes;
    this.mapped = mapped;
  }

  /// Allocates memory; what is in it is undefined.
  ///
  /// @throws OutOfMemoryError when there is none
  public static Region allocate(long bytes) {
    long rounded = Math.max(ALIGNMENT, Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT);
    long address = Libc.allocate(ALIGNMENT, rounded);
    if (address == 0) {
      throw new OutOfMemoryError("no " + bytes + " bytes of memory outside the heap");
    }
    return new Region(address, bytes, false);
  }

  /// Maps a file for writing it: others see what is written.
  public static Region mapShared(Descriptor file, long bytes) throws IOException {
    return map(file, bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
  }

  /// Maps a file for reading it. The mapping is private: whoever writes to it all the same (Arrow's
  /// vectors have no read-only form) changes a page of its own and nobody else's, and needs no more
  /// memory until then.
  public static Region mapPrivate(Descriptor file, long bytes) throws IOException {
    try {
      return map(file, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
    } catch (SystemCallException e) {
      if (e.errno() != SystemCallException.ENOMEM) {
        throw e;
      }
      // A kernel that promises no more memory than it has does not let us have pages of our own.
      return map(file, bytes, PROT_READ, MAP_SHARED);
    }
  }

  private static Region map(Descriptor file, long bytes, int protection, int flags)
      throws IOException {
    long address = Libc.map(bytes, protection, flags, file.number());
    if (address < 0) {
      throw new SystemCallException("map " + bytes + " bytes", (int) -address);
    }
    return new Region(address, bytes, true);
  }

  public long address() {
    return address;
  }

  public long bytes() {
    return bytes;
  }

  /// Writes all that remains in `source`, whose position stays.
  public void write(long position, ByteBuffer source) {
    check(position, source.remaining());
    MemorySegment.copy(MemorySegment.ofBuffer(source), 0, all(), position, source.remaining());
  }

  /// Copies memory that begins at an address.
  public void copy(long position, long from, long length) {
    check(position, length);
    Libc.copy(address + position, from, length);
  }

  public void zero(long position, long length) {
    check(position, length);
    all().asSlice(position, length).fill((byte) 0);
  }

  /// Fills with ones.
  public void ones(long position, long length) {
    check(position, length);
    all().asSlice(position, length).fill((byte) 0xff);
  }

  /// Bytes as a little-endian buffer over this memory.
  public ByteBuffer view(long position, int length) {
    check(position, length);
    return all().asSlice(position, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Bytes as an array of their own.
  public byte[] read(long position, int length) {
    check(position, length);
    return all().asSlice(position, length).toArray(JAVA_BYTE);
  }

  /// Whether the bytes at `position` are those at an address.
  public boolean matches(long position, long address, long length) {
    check(position, length);
    MemorySegment other = MemorySegment.ofAddress(address).reinterpret(length);
    return all().asSlice(position, length).mismatch(other) < 0;
  }

  /// Whether every bit of some memory is set.
  ///
  /// @param bytes at least 8
  public static boolean isAllOnes(long address, long bytes) {
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(bytes);
    long word = Long.BYTES;
    return memory.get(JAVA_LONG_UNALIGNED, 0) == -1
        && memory.asSlice(word).mismatch(memory.asSlice(0, bytes - word)) < 0;
  }

  /// Has the kernel enter the pages of a range that is about to be written into the page table at
  /// once, which costs a fifth of a fault for each. Does nothing where it cannot (before Linux
  /// 5.14).
  public void populate(long position, long length) {
    check(position, length);
    long from = position / PAGE * PAGE;
    Libc.advise(address + from, position + length - from, MADV_POPULATE_WRITE);
  }

  private void check(long position, long length) {
    Objects.checkFromIndexSize(position, length, bytes);
  }

  private MemorySegment all() {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (mapped) {
        Libc.unmap(address, bytes);
      } else {
        Libc.free(address);
      }
    }
  }
}
