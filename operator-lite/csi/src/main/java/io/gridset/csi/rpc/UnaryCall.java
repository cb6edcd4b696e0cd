package io.gridset.csi.rpc;

import io.gridset.core.unit.Ticker;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A call under way: gathers the request, then is answered once by one thread.
final class UnaryCall implements Stream.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryCall.class);

  /// gRPC's own limit; CSI's messages have some hundred bytes.
  private static final int REQUEST_BYTES_MAX = 4 << 20;

  private static final int PREFIX_BYTES = 5;

  /// Longer than a kubelet waits (two minutes), for callers that name no time.
  private static final Duration NO_TIME_NAMED = Duration.ofMinutes(5);

  /// The answer, which says why, is to be there before the caller gives up and says nothing.
  private static final Duration MARGIN = Duration.ofSeconds(5);

  /// Of a status message: all metadata of an answer must stay below 8 KiB.
  private static final int MESSAGE_CHARACTERS_MAX = 2000;

  private final Stream stream;
  private final Deadline deadline;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private @Nullable Runnable work;
  private boolean begun;

  UnaryCall(Stream stream, MetaData.Request head, Ticker ticker) {
    this.stream = stream;
    Duration time = timeout(head.getHttpFields().get("grpc-timeout"));
    Duration tenth = time.dividedBy(10);
    this.deadline = Deadline.in(time.minus(tenth.compareTo(MARGIN) < 0 ? tenth : MARGIN), ticker);
  }

  /// Such as `1500m`: digits and a unit.
  private static Duration timeout(@Nullable String text) {
    if (text == null || !text.matches("[0-9]{1,8}[HMSmun]")) {
      return NO_TIME_NAMED;
    }
    long number = Long.parseLong(text.substring(0, text.length() - 1));
    return Duration.of(
        number,
        switch (text.charAt(text.length() - 1)) {
          case 'H' -> ChronoUnit.HOURS;
          case 'M' -> ChronoUnit.MINUTES;
          case 'S' -> ChronoUnit.SECONDS;
          case 'm' -> ChronoUnit.MILLIS;
          case 'u' -> ChronoUnit.MICROS;
          default -> ChronoUnit.NANOS;
        });
  }

  /// Gathers the request, then starts `ready`.
  void receive(boolean ended, Runnable ready) {
    work = ready;
    if (ended) {
      begin();
    } else {
      stream.demand();
    }
  }

  private void begin() {
    Runnable ready = work;
    if (!begun && ready != null) {
      begun = true;
      ready.run();
    }
  }

  @Override
  public void onDataAvailable(Stream from) {
    while (true) {
      Stream.Data data = from.readData();
      if (data == null) {
        from.demand();
        return;
      }
      ByteBuffer part = data.frame().getByteBuffer();
      if (bytes.size() + part.remaining() <= REQUEST_BYTES_MAX + PREFIX_BYTES) {
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
      }
      boolean last = data.frame().isEndStream();
      data.release();
      if (last) {
        begin();
        return;
      }
    }
  }

  Deadline deadline() {
    return deadline;
  }

  /// The one message of the request.
  byte[] request() throws RpcException {
    ByteBuffer all = ByteBuffer.wrap(bytes.toByteArray());
    if (all.remaining() < PREFIX_BYTES) {
      throw RpcException.invalid("a call without a message");
    }
    if (all.get() != 0) {
      throw new RpcException(RpcCode.UNIMPLEMENTED, "a compressed message: send it as it is");
    }
    int length = all.getInt();
    if (length < 0 || length > REQUEST_BYTES_MAX) {
      throw new RpcException(
          RpcCode.RESOURCE_EXHAUSTED, "a message of more than " + REQUEST_BYTES_MAX + " bytes");
    }
    if (length != all.remaining()) {
      throw RpcException.invalid("a message that is not as long as it says");
    }
    byte[] message = new byte[length];
    all.get(message);
    return message;
  }

  void answer(byte[] message) {
    ByteBuffer framed = ByteBuffer.allocate(PREFIX_BYTES + message.length);
    framed.put((byte) 0).putInt(message.length).put(message).flip();
    try {
      head(false);
      send(done -> stream.data(new DataFrame(stream.getId(), framed, false), done));
      HttpFields.Mutable trailers = HttpFields.build().put("grpc-status", "0");
      MetaData last = new MetaData(HttpVersion.HTTP_2, trailers);
      send(done -> stream.headers(new HeadersFrame(stream.getId(), last, null, true), done));
    } catch (CompletionException e) {
      LOG.debug("The caller is gone", e);
    }
  }

  void fail(RpcCode code, String message) {
    try {
      head(true, "grpc-status", Integer.toString(code.number()), "grpc-message", encoded(message));
    } catch (CompletionException e) {
      LOG.debug("The caller is gone", e);
    }
  }

  private void head(boolean last, String... more) {
    HttpFields.Mutable fields = HttpFields.build().put("content-type", "application/grpc");
    for (int i = 0; i < more.length; i += 2) {
      fields.put(more[i], more[i + 1]);
    }
    MetaData.Response response = new MetaData.Response(200, null, HttpVersion.HTTP_2, fields);
    send(done -> stream.headers(new HeadersFrame(stream.getId(), response, null, last), done));
  }

  private static void send(Consumer<Callback> sending) {
    CompletableFuture<Void> sent = new CompletableFuture<>();
    sending.accept(Callback.from(() -> sent.complete(null), sent::completeExceptionally));
    sent.join();
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
}
