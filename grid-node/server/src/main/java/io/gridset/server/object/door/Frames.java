package io.gridset.server.object.door;

import com.fasterxml.jackson.core.JacksonException;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.socket.LocalSocket;
import io.gridset.server.object.socket.PassedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The frames of one connection. For one thread.
final class Frames implements AutoCloseable {
  /// Of a header or a tail, as the protocol has it.
  static final int PART_BYTES_MAX = 1 << 20;

  /// Of a request's header: ten times what any client sends.
  static final int REQUEST_HEADER_BYTES_MAX = 128 << 10;

  private static final int LENGTHS_BYTES = 8;

  /// Most requests and answers fit.
  private static final int USUAL_BYTES = 8 << 10;

  private final LocalSocket socket;
  private final FrameMemory memory;

  /// From 0 to its position: bytes that have come.
  private ByteBuffer in = direct(USUAL_BYTES);

  private ByteBuffer out = direct(USUAL_BYTES);

  /// Bytes of `in` that the last frame takes.
  private int consumed;

  Frames(LocalSocket socket, FrameMemory memory) {
    this.socket = socket;
    this.memory = memory;
  }

  /// @param tail valid until the next frame is read
  @SuppressWarnings("ArrayRecordComponent") // read once, and compared by nobody
  record Frame(byte[] header, ByteBuffer tail) {
    /// @throws StorageException INVALID when it is no JSON object
    Request request() throws StorageException {
      try {
        return RequestReader.read(header);
      } catch (JacksonException e) {
        throw StorageException.of(Kind.INVALID, "not a request: " + e.getOriginalMessage(), e);
      } catch (IOException e) {
        throw StorageException.of(Kind.INVALID, "not a request: " + e.getMessage(), e);
      }
    }
  }

  /// The next frame; empty when the other end is gone, be it within a frame.
  ///
  /// @throws StorageException after which no further frame can be told from rubbish
  Optional<Frame> read() throws IOException {
    in.flip().position(consumed);
    in.compact();
    consumed = 0;
    shrink();
    if (!fill(LENGTHS_BYTES)) {
      return Optional.empty();
    }
    long header = Integer.toUnsignedLong(in.getInt(0));
    long tail = Integer.toUnsignedLong(in.getInt(4));
    if (header < 1 || header > REQUEST_HEADER_BYTES_MAX || tail > PART_BYTES_MAX) {
      throw StorageException.of(
          Kind.INVALID,
          "a request has a header of 1 to "
              + REQUEST_HEADER_BYTES_MAX
              + " bytes and a tail of at most "
              + PART_BYTES_MAX
              + ", not "
              + header
              + " and "
              + tail);
    }
    int whole = LENGTHS_BYTES + (int) header + (int) tail;
    in = grown(in, whole);
    if (!fill(whole)) {
      return Optional.empty();
    }
    consumed = whole;
    byte[] text = new byte[(int) header];
    in.get(LENGTHS_BYTES, text);
    return Optional.of(
        new Frame(text, in.slice(LENGTHS_BYTES + text.length, (int) tail).asReadOnlyBuffer()));
  }

  private boolean fill(int wanted) throws IOException {
    while (in.position() < wanted) {
      if (socket.receive(in) < 0) {
        return false;
      }
    }
    return true;
  }

  /// Sends `header`, and `file` with it.
  void send(byte[] header, @Nullable PassedFile file) throws IOException {
    begin(header, 0);
    socket.send(out.flip(), file);
  }

  /// Sends `header` and the bytes of `tail`, which are few.
  void send(byte[] header, Iterable<ByteBuffer> tail, int tailBytes) throws IOException {
    begin(header, tailBytes);
    tail.forEach(out::put);
    socket.send(out.flip(), null);
  }

  private void begin(byte[] header, int tailBytes) throws StorageException {
    out.clear();
    out = grown(out, LENGTHS_BYTES + header.length + tailBytes);
    out.putInt(header.length).putInt(tailBytes).put(header);
  }

  private ByteBuffer grown(ByteBuffer buffer, int wanted) throws StorageException {
    if (buffer.capacity() >= wanted) {
      return buffer;
    }
    int capacity = Math.max(wanted, Math.min(2 * wanted, 128 << 10));
    memory.take(capacity);
    giveBack(buffer);
    return direct(capacity).put(buffer.flip());
  }

  /// A large frame is a rare one.
  private void shrink() {
    if (in.capacity() > REQUEST_HEADER_BYTES_MAX && in.position() <= USUAL_BYTES) {
      giveBack(in);
      in = direct(USUAL_BYTES).put(in.flip());
    }
    if (out.capacity() > REQUEST_HEADER_BYTES_MAX) {
      giveBack(out);
      out = direct(USUAL_BYTES);
    }
  }

  private void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() > USUAL_BYTES) {
      memory.giveBack(buffer.capacity());
    }
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    giveBack(in);
    giveBack(out);
  }
}
