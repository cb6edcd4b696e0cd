package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// An open file descriptor of this process. Thread-safe.
public final class Descriptor implements AutoCloseable {
  private static final int O_CLOEXEC = 0x80000;
  private static final int MFD_CLOEXEC = 1;

  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  Descriptor(int number) {
    this.number = number;
  }

  /// Opens a file for reading.
  public static Descriptor open(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int opened = Libc.open(text(arena, path.toString()), O_CLOEXEC);
      if (opened < 0) {
        throw new SystemCallException("open " + path, -opened);
      }
      return new Descriptor(opened);
    }
  }

  /// A new file of `bytes` zeros in memory, without a path.
  static Descriptor inMemory(String name, long bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int made = Libc.createInMemory(text(arena, name), MFD_CLOEXEC);
      if (made < 0) {
        throw new SystemCallException("memfd_create", -made);
      }
      Descriptor file = new Descriptor(made);
      int result = Libc.truncate(made, bytes);
      if (result < 0) {
        file.close();
        throw new SystemCallException("ftruncate", -result);
      }
      return file;
    }
  }

  /// `text` as C has it, with a zero at the end.
  static MemorySegment text(Arena arena, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment memory = arena.allocate(bytes.length + 1L, 1);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
    memory.set(JAVA_BYTE, bytes.length, (byte) 0);
    return memory;
  }

  /// Length of the file in bytes. Moves the offset of the descriptor, by which nobody here reads.
  public long size() throws IOException {
    long end = Libc.end(number);
    if (end < 0) {
      throw new SystemCallException("lseek", (int) -end);
    }
    return end;
  }

  int number() {
    return number;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Libc.close(number);
    }
  }
}
