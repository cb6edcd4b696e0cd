package io.gridset.flight.rpc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/// A call on a stream of HTTP/2.
final class StreamCall implements RpcCall {
  /// The flag of compression, and the length.
  private static final int PREFIX_BYTES = 5;

  /// What is smaller goes through a buffer: a frame for a few bytes costs more than their copy.
  private static final int SMALL_BYTES = 16 << 10;

  private static final int GATHERED_BYTES = 64 << 10;

  /// Of a status message: all metadata of an answer must stay below 8 KiB.
  private static final int MESSAGE_CHARACTERS_MAX = 2000;

  private final Stream stream;
  private final MetaData.Request request;
  private final RequestBytes bytes;
  private final HttpFields.Mutable head = HttpFields.build();
  private @Nullable RpcMessage current;
  private @Nullable ByteBuffer gathered;
  private boolean begun;

  StreamCall(Stream stream, MetaData.Request request, RequestBytes bytes) {
    this.stream = stream;
    this.request = request;
    this.bytes = bytes;
    head.put("content-type", "application/grpc");
    head.put("grpc-accept-encoding", "identity");
  }

  @Override
  public String method() {
    return String.valueOf(request.getHttpURI().getPath());
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.getHttpFields().get(name));
  }

  @Override
  public void answerHeader(String name, String value) {
    head.put(name, value);
  }

  @Override
  public @Nullable RpcMessage next() throws RpcException {
    RpcMessage before = current;
    if (before != null) {
      before.skip(before.remaining());
    }
    if (bytes.atEnd()) {
      current = null;
      return null;
    }
    ByteBuffer prefix = ByteBuffer.wrap(new RpcMessage(bytes, PREFIX_BYTES).bytes(PREFIX_BYTES));
    if (prefix.get() != 0) {
      throw new RpcException(
          RpcCode.UNIMPLEMENTED, "a compressed message: send without compression");
    }
    RpcMessage message = new RpcMessage(bytes, Integer.toUnsignedLong(prefix.getInt()));
    current = message;
    return message;
  }

  @Override
  public void send(List<ByteBuffer> message) throws RpcException {
    long length = message.stream().mapToLong(ByteBuffer::remaining).sum();
    if (length > Integer.MAX_VALUE) {
      throw new RpcException(RpcCode.INTERNAL, "a message of " + length + " bytes");
    }
    begin();
    ByteBuffer small = gathering();
    small.put((byte) 0).putInt((int) length);
    for (ByteBuffer part : message) {
      if (part.remaining() >= SMALL_BYTES) {
        flush(small);
        data(part.duplicate());
      } else {
        if (part.remaining() > small.remaining()) {
          flush(small);
        }
        small.put(part.duplicate());
      }
    }
    flush(small);
  }

  private ByteBuffer gathering() {
    ByteBuffer present = gathered;
    if (present == null) {
      present = ByteBuffer.allocate(GATHERED_BYTES);
      gathered = present;
    }
    return present.clear();
  }

  private void flush(ByteBuffer small) throws RpcException {
    if (small.position() > 0) {
      data(small.flip());
      small.clear();
    }
  }

  private void begin() throws RpcException {
    if (!begun) {
      begun = true;
      MetaData.Response response = new MetaData.Response(200, null, HttpVersion.HTTP_2, head);
      await(done -> stream.headers(new HeadersFrame(stream.getId(), response, null, false), done));
    }
  }

  private void data(ByteBuffer part) throws RpcException {
    await(done -> stream.data(new DataFrame(stream.getId(), part, false), done));
  }

  /// Ends the call. Fails silently when the client is gone.
  void end(RpcCode code, String message) {
    bytes.release();
    if (bytes.failure() != null) {
      return;
    }
    HttpFields.Mutable trailers = HttpFields.build();
    trailers.put("grpc-status", Integer.toString(code.number()));
    if (code != RpcCode.OK) {
      trailers.put("grpc-message", encoded(message));
    }
    try {
      begin();
      MetaData last = new MetaData(HttpVersion.HTTP_2, trailers);
      await(done -> stream.headers(new HeadersFrame(stream.getId(), last, null, true), done));
      if (!stream.isRemotelyClosed()) { // What the client still sends, nobody reads.
        stream.reset(new ResetFrame(stream.getId(), ErrorCode.NO_ERROR.code), Callback.NOOP);
      }
    } catch (RpcException _) {
      // It went while it was told.
    }
  }

  /// Percent-encoded as gRPC wants it.
  private static String encoded(String message) {
    String cut = message.substring(0, Math.min(message.length(), MESSAGE_CHARACTERS_MAX));
    StringBuilder text = new StringBuilder();
    for (byte each : cut.getBytes(StandardCharsets.UTF_8)) {
      if (each >= ' ' && each <= '~' && each != '%') {
        text.append((char) each);
      } else {
        text.append(String.format("%%%02X", each));
      }
    }
    return text.toString();
  }

  @FunctionalInterface
  private interface Sending {
    void begin(Callback done);
  }

  private void await(Sending sending) throws RpcException {
    String over = bytes.failure();
    if (over != null) {
      throw RpcException.gone(over);
    }
    CompletableFuture<Void> sent = new CompletableFuture<>();
    sending.begin(new Sent(sent));
    try {
      var _ = sent.get();
    } catch (ExecutionException e) {
      throw new RpcException(RpcCode.CANCELLED, "the client is gone", e);
    } catch (InterruptedException e) {
      // Not to be left before the connection is done with the bytes: they may be unmapped next.
      sent.exceptionally(_ -> null).join();
      Thread.currentThread().interrupt();
      throw new RpcException(RpcCode.UNAVAILABLE, "the node is stopping", e);
    }
  }

  private record Sent(CompletableFuture<Void> outcome) implements Callback {
    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }

    @Override
    public void succeeded() {
      outcome.complete(null);
    }

    @Override
    public void failed(Throwable failure) {
      outcome.completeExceptionally(failure);
    }
  }
}
