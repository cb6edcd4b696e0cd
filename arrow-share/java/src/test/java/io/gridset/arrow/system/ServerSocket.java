package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The other end of a [LocalSocket], which can send descriptors: for tests that play the node.
public final class ServerSocket implements AutoCloseable {
  private static final MethodHandle BIND = call("bind", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = call("listen", JAVA_INT, JAVA_INT);
  private static final MethodHandle ACCEPT = call("accept4", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);

  private final int number;
  private volatile boolean closed;

  public ServerSocket(Path path) throws IOException {
    number = Libc.socket(1, 1 | 0x80000);
    try (Arena arena = Arena.ofConfined()) {
      byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
      MemorySegment address = LocalSocket.address(arena, name);
      if ((int) BIND.invokeExact(number, address, (int) address.byteSize()) != 0
          || (int) LISTEN.invokeExact(number, 16) != 0) {
        throw new IOException("bind " + path);
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle call(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(),
        FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /// Waits for the next connection; null after `close()`.
  public Peer accept() {
    try {
      int accepted =
          (int) ACCEPT.invokeExact(number, MemorySegment.NULL, MemorySegment.NULL, 0x80000);
      return accepted < 0 || closed ? null : new Peer(accepted);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    Libc.shutdown(number);
    Libc.close(number);
  }

  /// A connection that was accepted.
  public static final class Peer implements AutoCloseable {
    private final int number;
    private final LocalSocket socket;

    Peer(int number) {
      this.number = number;
      this.socket = new LocalSocket(new Descriptor(number));
    }

    public LocalSocket socket() {
      return socket;
    }

    /// Sends a region whose first byte brings a descriptor.
    public void send(Region bytes, Descriptor passed) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment control = arena.allocate(LocalSocket.CONTROL_BYTES, 8);
        control.fill((byte) 0);
        control.set(JAVA_LONG, 0, 20);
        control.set(JAVA_INT, 8, 1);
        control.set(JAVA_INT, 12, 1);
        control.set(JAVA_INT, 16, passed.number());
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(JAVA_LONG, 0, bytes.address());
        vector.set(JAVA_LONG, 8, 1);
        MemorySegment message = arena.allocate(LocalSocket.MESSAGE_BYTES, 8);
        message.fill((byte) 0);
        message.set(JAVA_LONG, 16, vector.address());
        message.set(JAVA_LONG, 24, 1);
        message.set(JAVA_LONG, 32, control.address());
        message.set(JAVA_LONG, 40, LocalSocket.CONTROL_BYTES);
        if (Libc.sendMessage(number, message, 0x4000) != 1) {
          throw new IOException("send of a descriptor");
        }
      }
      try (Region rest = Region.allocate(bytes.bytes())) {
        rest.copy(0, bytes.address() + 1, bytes.bytes() - 1);
        socket.send(rest, bytes.bytes() - 1);
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  /// Opens a file for reading and writing.
  public static Descriptor openForWriting(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int opened = Libc.open(Descriptor.text(arena, path.toString()), 2 | 0x80000);
      if (opened < 0) {
        throw new SystemCallException("open " + path, -opened);
      }
      return new Descriptor(opened);
    }
  }
}
