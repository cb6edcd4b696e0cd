package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/// An open file descriptor of this process. Thread-safe.
public final class Descriptor implements AutoCloseable {
  private static final int O_CLOEXEC = 0x80000;

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

  /// `text` as C has it, with a zero at the end.
  static MemorySegment text(Arena arena, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment memory = arena.allocate(bytes.length + 1L, 1);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
    memory.set(JAVA_BYTE, bytes.length, (byte) 0);
    return memory;
  }

  /// Length of the file in bytes.
  public long size() throws IOException {
    return Files.size(Path.of("/proc/self/fd/" + number));
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
