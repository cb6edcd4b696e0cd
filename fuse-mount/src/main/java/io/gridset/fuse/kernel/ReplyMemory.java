package io.gridset.fuse.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;

/// Native memory from which one message to the kernel is written: a header, a vector array, and
/// room for a small body. Of one thread at a time, for as long as its arena.
final class ReplyMemory {
  /// The reply or notification that a header announces.
  record Message(long unique, int code, List<ByteBuffer> body) {}

  private static final int HEADER_BYTES = 16;

  /// Bodies up to here are copied into memory that is already there.
  private static final int BODY_BYTES = 4096;

  /// A read covers at most 1 MiB, in blocks of 64 KiB or more; longer bodies allocate.
  private static final int VECTORS = 18;

  private final MemorySegment errno;
  private final MemorySegment header;
  private final MemorySegment vectors;
  private final MemorySegment small;

  ReplyMemory(Arena arena) {
    errno = Libc.errnoMemory(arena);
    header = arena.allocate(HEADER_BYTES, 8);
    vectors = arena.allocate(ADDRESS.byteSize() * 2 * VECTORS, 8);
    small = arena.allocate(BODY_BYTES, 8);
  }

  MemorySegment errno() {
    return errno;
  }

  /// Writes `message` in one call, as the protocol demands; returns its length or a negated error
  /// number. Direct buffers are written from where they are.
  long write(Device device, Message message) {
    int total = HEADER_BYTES;
    for (ByteBuffer part : message.body()) {
      total += part.remaining();
    }
    header.set(JAVA_INT, 0, total);
    header.set(JAVA_INT, 4, message.code());
    header.set(JAVA_LONG, 8, message.unique());
    if (message.body().size() < VECTORS && onlyDirectOrSmall(message.body())) {
      return write(device, message, vectors, small);
    }
    try (Arena arena = Arena.ofConfined()) {
      long vectorBytes = ADDRESS.byteSize() * 2 * (message.body().size() + 1);
      return write(device, message, arena.allocate(vectorBytes, 8), arena.allocate(total, 8));
    }
  }

  private long write(
      Device device, Message message, MemorySegment vectorMemory, MemorySegment bodyMemory) {
    putVector(vectorMemory, 0, header.address(), HEADER_BYTES);
    int count = 1;
    long copied = 0;
    for (ByteBuffer part : message.body()) {
      int length = part.remaining();
      if (length == 0) {
        continue;
      }
      MemorySegment bytes = MemorySegment.ofBuffer(part);
      if (!part.isDirect()) {
        MemorySegment.copy(bytes, JAVA_BYTE, 0, bodyMemory, JAVA_BYTE, copied, length);
        bytes = bodyMemory.asSlice(copied, length);
        copied += length;
      }
      putVector(vectorMemory, count++, bytes.address(), length);
    }
    try {
      return device.write(errno, vectorMemory, count);
    } finally {
      Reference.reachabilityFence(message);
    }
  }

  private static boolean onlyDirectOrSmall(List<ByteBuffer> body) {
    int copied = 0;
    for (ByteBuffer part : body) {
      copied += part.isDirect() ? 0 : part.remaining();
    }
    return copied <= BODY_BYTES;
  }

  private static void putVector(MemorySegment vectors, int index, long address, long length) {
    vectors.set(JAVA_LONG, 16L * index, address);
    vectors.set(JAVA_LONG, 16L * index + 8, length);
  }
}
