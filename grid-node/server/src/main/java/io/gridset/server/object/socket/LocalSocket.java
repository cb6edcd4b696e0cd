package io.gridset.server.object.socket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A connected Unix stream socket. For one thread, but for `shutdown`. Buffers are direct.
///
/// Sources: unix(7), cmsg(3), recvmsg(2), sendmsg(2), poll(2); layouts of 64-bit Linux.
public final class LocalSocket implements AutoCloseable {
  static final int STREAM_CLOEXEC = 1 | 0x80000;

  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
  private static final short POLLRDHUP = 0x2000;
  private static final int POLLERR_POLLHUP = 0x18;

  /// Offsets in `msghdr`.
  private static final int MESSAGE_BYTES = 56;

  private static final int VECTOR = 16;
  private static final int VECTOR_COUNT = 24;
  private static final int CONTROL = 32;
  private static final int CONTROL_BYTES = 40;

  /// `CMSG_LEN` and `CMSG_SPACE` of one descriptor.
  private static final int RIGHTS_LENGTH = 20;

  private static final int RIGHTS_SPACE = 24;
  private static final int RIGHTS_DATA = 16;

  private final Descriptor descriptor;
  private final MemorySegment state;
  private final MemorySegment message;
  private final MemorySegment vector;
  private final MemorySegment control;
  private final MemorySegment poll;

  LocalSocket(Descriptor descriptor) {
    this.descriptor = descriptor;
    Arena arena = Arena.ofAuto();
    state = Libc.state(arena);
    message = arena.allocate(MESSAGE_BYTES, Long.BYTES);
    vector = arena.allocate(16, Long.BYTES);
    control = arena.allocate(RIGHTS_SPACE, Long.BYTES);
    poll = arena.allocate(8, Long.BYTES);
    message.set(ADDRESS, VECTOR, vector);
    message.set(JAVA_LONG, VECTOR_COUNT, 1L);
  }

  /// Connects to who listens at `path`.
  public static LocalSocket connect(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Descriptor descriptor = SocketAddress.socket(arena);
      try {
        SocketAddress address = SocketAddress.of(path, arena);
        MemorySegment state = Libc.state(arena);
        if (connect(state, descriptor, address) < 0) {
          throw Libc.failure("connecting", path, Libc.errno(state));
        }
        return new LocalSocket(descriptor);
      } catch (IOException | RuntimeException e) {
        descriptor.close();
        throw e;
      }
    }
  }

  private static int connect(MemorySegment state, Descriptor descriptor, SocketAddress address) {
    try {
      return (int)
          Libc.CONNECT.invokeExact(state, descriptor.number(), address.bytes(), address.length());
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Who connected.
  public Credentials peer() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment credentials = arena.allocate(12, Integer.BYTES);
      MemorySegment length = arena.allocateFrom(JAVA_INT, 12);
      int result =
          (int)
              Libc.GETSOCKOPT.invokeExact(
                  state, descriptor.number(), SOL_SOCKET, SO_PEERCRED, credentials, length);
      if (result < 0) {
        throw Libc.failure("asking", "the peer's credentials", Libc.errno(state));
      }
      return new Credentials(
          credentials.get(JAVA_INT, 0), credentials.get(JAVA_INT, 4), credentials.get(JAVA_INT, 8));
    } catch (IOException e) {
      throw e;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Waits for bytes and puts them into `into`, which has room. Descriptors that come along are
  /// closed.
  ///
  /// @return how many; -1 when the other end is gone
  public int receive(ByteBuffer into) throws IOException {
    while (true) {
      long count;
      try {
        count =
            (long)
                Libc.RECV.invokeExact(
                    state,
                    descriptor.number(),
                    MemorySegment.ofBuffer(into),
                    (long) into.remaining(),
                    0);
      } catch (Throwable t) {
        throw Libc.impossible(t);
      }
      if (count >= 0 || Libc.errno(state) != Libc.EINTR) {
        return received(count, into);
      }
    }
  }

  /// The same, taking the descriptor that comes with the bytes, if one does.
  ///
  /// @throws EOFException when the other end is gone
  public Optional<PassedFile> receiveWithFile(ByteBuffer into) throws IOException {
    describe(into);
    message.set(ADDRESS, CONTROL, control);
    while (true) {
      message.set(JAVA_LONG, CONTROL_BYTES, (long) RIGHTS_SPACE);
      long count;
      try {
        count =
            (long) Libc.RECVMSG.invokeExact(state, descriptor.number(), message, MSG_CMSG_CLOEXEC);
      } catch (Throwable t) {
        throw Libc.impossible(t);
      }
      if (count >= 0 || Libc.errno(state) != Libc.EINTR) {
        if (received(count, into) < 0) {
          throw new EOFException("the other end is gone");
        }
        return message.get(JAVA_LONG, CONTROL_BYTES) < RIGHTS_LENGTH
            ? Optional.empty()
            : Optional.of(new PassedFile(new Descriptor(control.get(JAVA_INT, RIGHTS_DATA))));
      }
    }
  }

  private int received(long count, ByteBuffer into) throws IOException {
    if (count < 0) {
      if (Libc.errno(state) == Libc.ECONNRESET) {
        return -1;
      }
      throw Libc.failure("receiving", "a frame", Libc.errno(state));
    }
    into.position(into.position() + (int) count);
    return count == 0 && into.hasRemaining() ? -1 : (int) count;
  }

  /// Sends all that remains in `bytes`, and `file` with the first of them.
  public void send(ByteBuffer bytes, @Nullable PassedFile file) throws IOException {
    message.set(ADDRESS, CONTROL, MemorySegment.NULL);
    message.set(JAVA_LONG, CONTROL_BYTES, 0L);
    if (file != null) {
      control.set(JAVA_LONG, 0, RIGHTS_LENGTH);
      control.set(JAVA_INT, 8, SOL_SOCKET);
      control.set(JAVA_INT, 12, SCM_RIGHTS);
      control.set(JAVA_INT, RIGHTS_DATA, file.number());
      message.set(ADDRESS, CONTROL, control);
      message.set(JAVA_LONG, CONTROL_BYTES, (long) RIGHTS_SPACE);
    }
    while (bytes.hasRemaining()) {
      describe(bytes);
      long count;
      try {
        count = (long) Libc.SENDMSG.invokeExact(state, descriptor.number(), message, MSG_NOSIGNAL);
      } catch (Throwable t) {
        throw Libc.impossible(t);
      }
      if (count < 0 && Libc.errno(state) != Libc.EINTR) {
        throw Libc.failure("sending", "a frame", Libc.errno(state));
      }
      if (count > 0) {
        bytes.position(bytes.position() + (int) count);
        message.set(ADDRESS, CONTROL, MemorySegment.NULL); // It went with the first byte.
        message.set(JAVA_LONG, CONTROL_BYTES, 0L);
      }
    }
  }

  /// Direct memory lives as long as the caller's reference to it.
  private void describe(ByteBuffer bytes) {
    vector.set(ADDRESS, 0, MemorySegment.ofBuffer(bytes));
    vector.set(JAVA_LONG, 8, (long) bytes.remaining());
  }

  /// Whether the other end has gone or will send no more; does not wait.
  public boolean isPeerGone() {
    poll.set(JAVA_INT, 0, descriptor.number());
    poll.set(JAVA_SHORT, 4, POLLRDHUP);
    poll.set(JAVA_SHORT, 6, (short) 0);
    try {
      int ready = (int) Libc.POLL.invokeExact(state, poll, 1L, 0);
      return ready > 0 && (poll.get(JAVA_SHORT, 6) & (POLLRDHUP | POLLERR_POLLHUP)) != 0;
    } catch (Throwable t) {
      throw Libc.impossible(t);
    }
  }

  /// Ends the conversation, from any thread: whoever waits in a call returns.
  public void shutdown() {
    descriptor.shutdown();
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
