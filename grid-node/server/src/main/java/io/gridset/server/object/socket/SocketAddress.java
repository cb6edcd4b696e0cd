package io.gridset.server.object.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A `sockaddr_un` (unix(7)).
record SocketAddress(MemorySegment bytes, int length) {
  private static final short AF_UNIX = 1;
  private static final int PATH_OFFSET = 2;
  private static final int SUN_PATH_BYTES = 108;

  static SocketAddress of(Path path, Arena arena) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length >= SUN_PATH_BYTES) {
      throw new IOException(
          "the socket path "
              + path
              + " is longer than the kernel's "
              + (SUN_PATH_BYTES - 1)
              + " bytes: choose a shorter --run-dir");
    }
    MemorySegment bytes = arena.allocate(PATH_OFFSET + SUN_PATH_BYTES, Short.BYTES);
    bytes.set(JAVA_SHORT, 0, AF_UNIX);
    MemorySegment.copy(name, 0, bytes, JAVA_BYTE, PATH_OFFSET, name.length);
    return new SocketAddress(bytes, PATH_OFFSET + name.length + 1);
  }

  /// A new stream socket.
  static Descriptor socket(Arena arena) throws IOException {
    MemorySegment state = Libc.state(arena);
    int number;
    try {
      number = (int) Libc.SOCKET.invokeExact(state, (int) AF_UNIX, LocalSocket.STREAM_CLOEXEC, 0);
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
    if (number < 0) {
      throw Libc.failure("making", "a socket", Libc.errno(state));
    }
    return new Descriptor(number);
  }
}
