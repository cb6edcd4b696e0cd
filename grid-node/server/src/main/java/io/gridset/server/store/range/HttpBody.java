package io.gridset.server.store.range;

import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;

/// The body of a response as it arrives: by length, chunked, or until the connection ends (RFC
/// 9112, section 6.3). Used by one thread.
public final class HttpBody {
  /// A chunk's size line or a trailer line; extensions are rare and short.
  private static final int MAX_LINE_BYTES = 4 << 10;

  private static final int MAX_TRAILERS = 64;
  private static final long UNKNOWN = Long.MAX_VALUE;

  private enum Framing {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private final Connection connection;
  private final Framing framing;
  private long left;
  private boolean firstChunk = true;
  private boolean ended;

  HttpBody(Connection connection, ResponseHead head, String method) throws StorageException {
    this.connection = connection;
    String coding = head.field("transfer-encoding").orElse("");
    boolean chunked = !coding.isEmpty();
    if (chunked && !coding.equalsIgnoreCase("chunked")) {
      throw ResponseHead.corrupt("its Transfer-Encoding is not chunked");
    }
    boolean empty = method.equals("HEAD") || head.status() == 204 || head.status() == 304;
    if (empty || (!chunked && head.contentLength().isPresent())) {
      this.framing = Framing.LENGTH;
      this.left = empty ? 0 : head.contentLength().orElse(0L);
      this.ended = left == 0;
    } else {
      this.framing = chunked ? Framing.CHUNKED : Framing.UNTIL_CLOSE;
      this.left = chunked ? 0 : UNKNOWN;
    }
  }

  /// Whether the body is over, and over as it declared.
  public boolean ended() {
    return ended;
  }

  /// Hands at most `limit` bytes to `sink`; returns how many. Fewer than `limit` only when the body
  /// ended as it declared.
  ///
  /// @throws StorageException UNAVAILABLE (retryable) when the connection ended before the body
  public long transfer(long limit, RangeSink sink) throws StorageException {
    long done = transferLong(limit, sink);
    while (done < limit && prepare()) {
      ByteBuffer buffer = connection.buffer();
      int count = (int) Math.min(Math.min(buffer.remaining(), left), limit - done);
      int start = buffer.position();
      int end = buffer.limit();
      buffer.limit(start + count);
      sink.accept(buffer);
      if (buffer.hasRemaining()) {
        throw new IllegalStateException("the sink left bytes of the range");
      }
      buffer.limit(end);
      done += count;
      if (framing != Framing.UNTIL_CLOSE) {
        left -= count;
      }
      ended = framing == Framing.LENGTH && left == 0;
    }
    return done;
  }

  /// Hands a long body's bytes over in large pieces; returns how many, 0 for a short one.
  private long transferLong(long limit, RangeSink sink) throws StorageException {
    long wanted = framing == Framing.LENGTH ? Math.min(left, limit) : 0;
    ByteBuffer large = wanted < BodyBuffers.BYTES ? null : connection.bodies().borrow();
    if (large == null) {
      return 0;
    }
    try {
      for (long done = 0; done < wanted; ) {
        int piece = (int) Math.min(BodyBuffers.BYTES, wanted - done);
        collect(large.clear().limit(piece), sink);
        sink.accept(large.flip());
        if (large.hasRemaining()) {
          throw new IllegalStateException("the sink left bytes of the range");
        }
        done += piece;
        left -= piece;
      }
      ended = left == 0;
      return wanted;
    } finally {
      connection.bodies().giveBack(large);
    }
  }

  /// Fills `piece` from what the connection has read already, then from the wire. What had arrived
  /// when that fails is handed to `sink` all the same: the next attempt goes on behind it.
  private void collect(ByteBuffer piece, RangeSink sink) throws StorageException {
    try {
      fill(piece);
    } catch (StorageException e) {
      sink.accept(piece.flip());
      throw e;
    }
  }

  private void fill(ByteBuffer piece) throws StorageException {
    ByteBuffer read = connection.buffer();
    int early = Math.min(read.remaining(), piece.remaining());
    piece.put(piece.position(), read, read.position(), early).position(piece.position() + early);
    read.position(read.position() + early);
    while (piece.hasRemaining()) {
      if (!connection.readInto(piece)) {
        throw cutOff();
      }
    }
  }

  /// Skips at most `limit` bytes; returns how many.
  public long skip(long limit) throws StorageException {
    return transfer(limit, bytes -> bytes.position(bytes.limit()));
  }

  /// Whether nothing follows what has been read; may wait for the end to arrive.
  boolean atEnd() throws StorageException {
    boolean open = framing == Framing.UNTIL_CLOSE || (framing == Framing.CHUNKED && left == 0);
    return ended || (open && !prepare());
  }

  /// Whether the connection can outlive this body.
  boolean endsBeforeConnection() {
    return framing != Framing.UNTIL_CLOSE;
  }

  /// Whether there are bytes of the body in the buffer; false at its end.
  private boolean prepare() throws StorageException {
    if (ended) {
      return false;
    }
    if (framing == Framing.CHUNKED && left == 0 && !openChunk()) {
      ended = true;
      return false;
    }
    while (!connection.buffer().hasRemaining()) {
      if (!connection.fill()) {
        if (framing == Framing.UNTIL_CLOSE) {
          ended = true;
          return false;
        }
        throw cutOff();
      }
    }
    return true;
  }

  private boolean openChunk() throws StorageException {
    if (!firstChunk && !line().isEmpty()) {
      throw ResponseHead.corrupt("a chunk is longer than it says");
    }
    firstChunk = false;
    String size = line();
    int extension = size.indexOf(';');
    String digits = (extension < 0 ? size : size.substring(0, extension)).strip();
    if (digits.isEmpty() || digits.length() > 15) {
      throw ResponseHead.corrupt("a chunk's size is not a number");
    }
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = Character.digit(digits.charAt(i), 16);
      if (digit < 0) {
        throw ResponseHead.corrupt("a chunk's size is not a number");
      }
      value = (value << 4) | digit;
    }
    left = value;
    return value > 0 || !trailersRead();
  }

  private boolean trailersRead() throws StorageException {
    for (int i = 0; i < MAX_TRAILERS; i++) {
      if (line().isEmpty()) {
        return true;
      }
    }
    throw ResponseHead.corrupt("more than " + MAX_TRAILERS + " trailers");
  }

  private String line() throws StorageException {
    StringBuilder text = new StringBuilder();
    while (text.length() <= MAX_LINE_BYTES) {
      if (!connection.buffer().hasRemaining() && !connection.fill()) {
        throw cutOff();
      }
      if (!connection.buffer().hasRemaining()) {
        continue;
      }
      char c = (char) (connection.buffer().get() & 0xFF);
      if (c == '\n') {
        int end = text.length();
        return end > 0 && text.charAt(end - 1) == '\r'
            ? text.substring(0, end - 1)
            : text.toString();
      }
      text.append(c);
    }
    throw ResponseHead.corrupt("a chunk's size line is too long");
  }

  private StorageException cutOff() {
    return StorageException.retryable(
        Kind.UNAVAILABLE,
        connection.origin() + " closed the connection in the middle of its answer");
  }
}
