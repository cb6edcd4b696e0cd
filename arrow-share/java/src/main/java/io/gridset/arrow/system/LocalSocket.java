package io.gridset.arrow.system;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A blocking Unix stream socket that can receive a descriptor (`unix(7)`, SCM_RIGHTS). One thread
/// at a time sends, receives and at last closes; any other may [#interrupt] it.
public final class LocalSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_SNDTIMEO = 21;
  private static final int MSG_PEEK = 2;
  private static final int MSG_CTRUNC = 8;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;

  /// Of a 64-bit machine's `struct msghdr`: name and its length, vectors and their number, control
  /// and its length, flags.
  static final long MESSAGE_BYTES = 56;

  /// Header of 16 bytes, one descriptor, padding.
  static final long CONTROL_BYTES = 24;

  private static final int LONGEST_PATH = 107;

  private final Descriptor descriptor;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment message = arena.allocate(MESSAGE_BYTES, 8);
  private final MemorySegment vector = arena.allocate(16, 8);
  private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
  private boolean closed;
  private Duration patience = Duration.ZERO;
  private @Nullable Descriptor received;

  LocalSocket(Descriptor descriptor) {
    this.descriptor = descriptor;
    message.fill((byte) 0);
    message.set(JAVA_LONG, 16, vector.address());
    message.set(JAVA_LONG, 24, 1);
  }

  public static LocalSocket connect(Path path) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > LONGEST_PATH) {
      throw new IOException("a socket's path has at most " + LONGEST_PATH + " bytes: " + path);
    }
    int number = Libc.socket(AF_UNIX, SOCK_STREAM_CLOEXEC);
    if (number < 0) {
      throw new SystemCallException("socket", -number);
    }
    Descriptor descriptor = new Descriptor(number);
    try (Arena arena = Arena.ofConfined()) {
      int result = Libc.connect(number, address(arena, name));
      if (result < 0) {
        throw new SystemCallException("connect " + path, -result);
      }
    } catch (IOException e) {
      descriptor.close();
      throw e;
    }
    return new LocalSocket(descriptor);
  }

  /// `struct sockaddr_un`.
  static MemorySegment address(Arena arena, byte[] path) {
    MemorySegment address = arena.allocate(2 + LONGEST_PATH + 1L, 2);
    address.fill((byte) 0);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, address, JAVA_BYTE, 2, path.length);
    return address;
  }

  /// How long a single send or receive may wait.
  public void patience(Duration longest) throws IOException {
    if (longest.equals(patience)) {
      return;
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment time = scratch.allocate(16, 8);
      time.set(JAVA_LONG, 0, longest.toSeconds());
      time.set(JAVA_LONG, 8, longest.toNanosPart() / 1000);
      for (int option : new int[] {SO_RCVTIMEO, SO_SNDTIMEO}) {
        int result = Libc.setSocketOption(descriptor.number(), option, time);
        if (result < 0) {
          throw new SystemCallException("setsockopt", -result);
        }
      }
    }
    patience = longest;
  }

  /// Sends the first `length` bytes of a region.
  public void send(Region bytes, long length) throws IOException {
    long sent = 0;
    while (sent < length) {
      aim(bytes, sent, length - sent);
      message.set(JAVA_LONG, 32, 0);
      message.set(JAVA_LONG, 40, 0);
      long result = Libc.sendMessage(descriptor.number(), message, MSG_NOSIGNAL);
      if (result >= 0) {
        sent += result;
      } else if (result != -SystemCallException.EINTR) {
        throw new SystemCallException("send", (int) -result);
      }
    }
  }

  /// Receives at least one byte into a region at `position`, and at most `most`. A descriptor that
  /// comes along is kept for [#takeReceived].
  ///
  /// @throws EOFException when the other side ended the connection
  public long receive(Region into, long position, long most) throws IOException {
    while (true) {
      aim(into, position, most);
      message.set(JAVA_LONG, 32, control.address());
      message.set(JAVA_LONG, 40, CONTROL_BYTES);
      message.set(JAVA_INT, 48, 0);
      long result = Libc.receiveMessage(descriptor.number(), message, MSG_CMSG_CLOEXEC);
      if (result == -SystemCallException.EINTR) {
        continue;
      }
      if (result < 0) {
        throw new SystemCallException("receive", (int) -result);
      }
      keepDescriptor();
      if (result == 0) {
        throw new EOFException("the node ended the connection");
      }
      return result;
    }
  }

  private void keepDescriptor() throws IOException {
    if (message.get(JAVA_LONG, 40) >= 20
        && control.get(JAVA_INT, 8) == SOL_SOCKET
        && control.get(JAVA_INT, 12) == SCM_RIGHTS) {
      Descriptor fresh = new Descriptor(control.get(JAVA_INT, 16));
      if (received != null) {
        received.close();
      }
      received = fresh;
    }
    if ((message.get(JAVA_INT, 48) & MSG_CTRUNC) != 0) {
      throw new IOException("a descriptor was lost: this process has too many open files");
    }
  }

  /// The descriptor that came last and was not yet taken, which is the caller's now.
  public @Nullable Descriptor takeReceived() {
    Descriptor taken = received;
    received = null;
    return taken;
  }

  /// Whether the other side is still there, and silent, as between requests it should be.
  public boolean isQuiet() {
    try (Region one = Region.allocate(1)) {
      aim(one, 0, 1);
      message.set(JAVA_LONG, 32, 0);
      message.set(JAVA_LONG, 40, 0);
      long result = Libc.receiveMessage(descriptor.number(), message, MSG_PEEK | MSG_DONTWAIT);
      return result == -SystemCallException.EAGAIN;
    }
  }

  /// Ends the connection while another thread waits on it; that thread fails.
  public synchronized void interrupt() {
    if (!closed) {
      Libc.shutdown(descriptor.number());
    }
  }

  private void aim(Region bytes, long position, long length) {
    vector.set(JAVA_LONG, 0, bytes.address() + position);
    vector.set(JAVA_LONG, 8, length);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Descriptor left = takeReceived();
      if (left != null) {
        left.close();
      }
      descriptor.close();
      arena.close();
    }
  }
}
