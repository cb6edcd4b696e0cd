package io.gridset.server.object.socket;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;

/// A listening Unix stream socket, for its owner only. One thread accepts and then closes; any may
/// call `shutdown`.
public final class LocalListener implements AutoCloseable {
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int EINVAL = 22;
  private static final int ECONNABORTED = 103;

  private final Path path;
  private final Descriptor descriptor;
  private final AtomicBoolean ended = new AtomicBoolean();

  private LocalListener(Path path, Descriptor descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /// Listens at `path`, in place of a socket that is there: the caller knows that nobody listens on
  /// it.
  ///
  /// @param backlog connections that may wait for `accept`
  public static LocalListener bind(Path path, int backlog) throws IOException {
    Files.deleteIfExists(path);
    try (Arena arena = Arena.ofConfined()) {
      Descriptor descriptor = SocketAddress.socket(arena);
      try {
        bind(path, descriptor, arena);
        // Nobody can connect before listen(2).
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        listen(path, descriptor, backlog, arena);
        return new LocalListener(path, descriptor);
      } catch (IOException | RuntimeException e) {
        descriptor.close();
        throw e;
      }
    }
  }

  private static void bind(Path path, Descriptor descriptor, Arena arena) throws IOException {
    MemorySegment state = Libc.state(arena);
    SocketAddress address = SocketAddress.of(path, arena);
    int result;
    try {
      result =
          (int)
              Libc.BIND.invokeExact(state, descriptor.number(), address.bytes(), address.length());
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
    if (result < 0) {
      throw Libc.failure("bind", path, Libc.errno(state));
    }
  }

  private static void listen(Path path, Descriptor descriptor, int backlog, Arena arena)
      throws IOException {
    MemorySegment state = Libc.state(arena);
    int result;
    try {
      result = (int) Libc.LISTEN.invokeExact(state, descriptor.number(), backlog);
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
    if (result < 0) {
      throw Libc.failure("listen", path, Libc.errno(state));
    }
  }

  /// Waits for the next connection.
  ///
  /// @throws ClosedChannelException after `shutdown`
  /// @throws IOException when none can be taken now, as when no descriptors are left
  public LocalSocket accept() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Libc.state(arena);
      while (true) {
        if (ended.get()) {
          throw new ClosedChannelException();
        }
        int number = accept(state);
        if (number >= 0) {
          return new LocalSocket(new Descriptor(number));
        }
        switch (Libc.errno(state)) {
          case Libc.EINTR, ECONNABORTED -> {
            // The next one, then.
          }
          case EINVAL -> throw new ClosedChannelException(); // It was shut down meanwhile.
          default -> throw Libc.failure("accept", path, Libc.errno(state));
        }
      }
    }
  }

  private int accept(MemorySegment state) {
    try {
      return (int)
          Libc.ACCEPT4.invokeExact(
              state, descriptor.number(), MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC);
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Ends `accept`, for good.
  public void shutdown() {
    ended.set(true);
    descriptor.shutdown();
  }

  /// Removes the socket as well.
  @Override
  public void close() throws IOException {
    shutdown();
    descriptor.close();
    Files.deleteIfExists(path);
  }
}
