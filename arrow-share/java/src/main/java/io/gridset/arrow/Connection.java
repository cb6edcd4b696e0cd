package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.arrow.system.Descriptor;
import io.gridset.arrow.system.LocalSocket;
import io.gridset.arrow.system.Region;
import io.gridset.arrow.system.SystemCallException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;

/// One connection with a node: a request, then its answer. For one thread at a time; any may
/// [#interrupt] it.
final class Connection implements AutoCloseable {
  private static final int PREFIX_BYTES = 8;
  private static final int MOST_BYTES = 1 << 20;
  private static final int BUFFER_BYTES = 128 << 10;

  private final LocalSocket socket;
  private final ClientSettings settings;
  private Region buffer = Region.allocate(BUFFER_BYTES);
  private int inlineBytes;
  private boolean broken;

  private Connection(LocalSocket socket, ClientSettings settings) {
    this.socket = socket;
    this.settings = settings;
  }

  /// Connects and says hello.
  static Connection open(ClientSettings settings) throws ObjectException {
    Connection connection = new Connection(connect(settings.socket()), settings);
    try {
      JsonNode answer =
          connection.call(
              Wire.request("hello").put("client", "java").put("token", settings.token()));
      connection.inlineBytes = Math.min(MOST_BYTES, answer.path("inlineBytes").asInt());
      return connection;
    } catch (ObjectException e) {
      connection.close();
      throw e;
    }
  }

  private static LocalSocket connect(Path path) throws ObjectException {
    try {
      return LocalSocket.connect(path);
    } catch (SystemCallException e) {
      String why =
          switch (e.errno()) {
            case SystemCallException.ENOENT ->
                "no node of this machine listens at "
                    + path
                    + "; start one (gridset up), or say where it runs (GRIDSET_RUN_DIR)";
            case SystemCallException.ECONNREFUSED ->
                "the node that listened at " + path + " is gone; start it again (gridset up)";
            case SystemCallException.EACCES ->
                "this user may not speak with the node at " + path + ": permission denied";
            default -> "no connection with the node at " + path + ": " + e.getMessage();
          };
      throw new ObjectException(ObjectException.Kind.UNAVAILABLE, why, e);
    } catch (IOException e) {
      throw new ObjectException(ObjectException.Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  /// The largest payload that may travel in a frame.
  int inlineBytes() {
    return inlineBytes;
  }

  JsonNode call(ObjectNode request) throws ObjectException {
    return call(request, Duration.ZERO);
  }

  /// @param more how long the node may take by what is asked, beside the usual
  JsonNode call(ObjectNode request, Duration more) throws ObjectException {
    byte[] header = Wire.bytes(request);
    start(header, 0);
    return exchange(PREFIX_BYTES + header.length, more);
  }

  /// Sends the first `length` bytes of a region along.
  JsonNode call(ObjectNode request, Region tail, int length) throws ObjectException {
    byte[] header = Wire.bytes(request);
    start(header, length);
    buffer.copy(PREFIX_BYTES + header.length, tail.address(), length);
    return exchange(PREFIX_BYTES + header.length + length, Duration.ZERO);
  }

  private void start(byte[] header, int tail) throws ObjectException {
    if (header.length > MOST_BYTES || tail > MOST_BYTES) {
      throw new ObjectException(
          ObjectException.Kind.INVALID, "labels and parents of more than a mebibyte");
    }
    reserve(PREFIX_BYTES + header.length + tail, 0);
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.write(0, prefix.putInt(header.length).putInt(tail).flip());
    buffer.write(PREFIX_BYTES, ByteBuffer.wrap(header));
  }

  private JsonNode exchange(long length, Duration more) throws ObjectException {
    JsonNode answer;
    boolean whole = false;
    try {
      socket.patience(settings.patience().plus(more));
      socket.send(buffer, length);
      answer = Wire.parse(receive());
      whole = true;
    } catch (EOFException e) {
      throw new ObjectException(
          ObjectException.Kind.UNAVAILABLE,
          "the node ended the connection; whether it did what was asked is not known",
          e);
    } catch (SystemCallException e) {
      boolean late = e.errno() == SystemCallException.EAGAIN;
      throw new ObjectException(
          late ? ObjectException.Kind.TIMED_OUT : ObjectException.Kind.UNAVAILABLE,
          late
              ? "the node did not answer within " + settings.patience().plus(more)
              : "the connection with the node broke: " + e.getMessage(),
          e);
    } catch (ObjectException e) {
      throw e;
    } catch (IOException e) {
      throw new ObjectException(
          ObjectException.Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } finally {
      broken |= !whole;
    }
    if (!answer.path("ok").asBoolean()) {
      throw Wire.failure(answer);
    }
    return answer;
  }

  private int answerHeader;
  private int answerTail;

  private byte[] receive() throws IOException {
    long got = 0;
    long wanted = PREFIX_BYTES;
    boolean known = false;
    while (got < wanted) {
      got += socket.receive(buffer, got, buffer.bytes() - got);
      if (!known && got >= PREFIX_BYTES) {
        ByteBuffer prefix = buffer.view(0, PREFIX_BYTES);
        answerHeader = prefix.getInt();
        answerTail = prefix.getInt();
        if (outside(answerHeader) || outside(answerTail)) {
          throw new ObjectException(
              ObjectException.Kind.CORRUPT, "the node's answer is not of the object protocol");
        }
        wanted = PREFIX_BYTES + (long) answerHeader + answerTail;
        known = true;
        reserve(wanted, got);
      }
    }
    return buffer.read(PREFIX_BYTES, answerHeader);
  }

  private static boolean outside(int bytes) {
    return bytes < 0 || bytes > MOST_BYTES;
  }

  /// Makes the buffer long enough, keeping its first bytes.
  private void reserve(long bytes, long kept) {
    if (buffer.bytes() < bytes) {
      Region longer = Region.allocate(bytes);
      longer.copy(0, buffer.address(), kept);
      buffer.close();
      buffer = longer;
    }
  }

  /// The bytes that came with the last answer, as a region of the caller's.
  Region takeTail() {
    Region copy = Region.allocate(answerTail);
    copy.copy(0, buffer.address() + PREFIX_BYTES + answerHeader, answerTail);
    return copy;
  }

  /// The descriptor that came with the last answer, which is the caller's.
  Descriptor takeDescriptor() throws ObjectException {
    Descriptor received = socket.takeReceived();
    if (received == null) {
      broken = true;
      throw new ObjectException(
          ObjectException.Kind.CORRUPT, "the node's answer came without its descriptor");
    }
    return received;
  }

  /// Whether no request failed halfway; the node may have gone meanwhile.
  boolean isWhole() {
    return !broken;
  }

  /// Whether another request may be sent.
  boolean isUsable() {
    return !broken && socket.isQuiet();
  }

  void interrupt() {
    socket.interrupt();
  }

  @Override
  public void close() {
    socket.close();
    buffer.close();
  }
}
