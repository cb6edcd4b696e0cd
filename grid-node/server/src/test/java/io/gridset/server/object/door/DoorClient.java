package io.gridset.server.object.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.WireJson;
import io.gridset.server.object.socket.LocalSocket;
import io.gridset.server.object.socket.PassedFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// What the protocol's document says a client does, and no more. Requests are written with single
/// quotes.
final class DoorClient implements AutoCloseable {
  private final LocalSocket socket;
  private byte[] tail = new byte[0];
  private Optional<PassedFile> file = Optional.empty();

  DoorClient(Path path) throws IOException {
    socket = LocalSocket.connect(path);
  }

  static ByteBuffer frame(String request, byte[] tail) {
    byte[] header = request.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(8 + header.length + tail.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(header.length)
        .putInt(tail.length)
        .put(header)
        .put(tail)
        .flip();
  }

  void send(String request, byte[] tail) throws IOException {
    sendRaw(frame(request, tail));
  }

  void sendRaw(ByteBuffer bytes) throws IOException {
    socket.send(bytes, null);
  }

  JsonNode receive() throws IOException {
    ByteBuffer lengths = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
    file = socket.receiveWithFile(lengths);
    fill(lengths);
    ByteBuffer header = ByteBuffer.allocateDirect(lengths.getInt(0));
    fill(header);
    ByteBuffer payload = ByteBuffer.allocateDirect(lengths.getInt(4));
    fill(payload);
    tail = new byte[payload.capacity()];
    payload.flip().get(tail);
    JsonNode answer =
        WireJson.mapper().readTree(StandardCharsets.UTF_8.decode(header.flip()).toString());
    assertThat(answer.path("descriptor").asBoolean()).isEqualTo(file.isPresent());
    return answer;
  }

  private void fill(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (socket.receive(bytes) < 0) {
        throw new EOFException("the node is gone");
      }
    }
  }

  /// Asks what must succeed.
  JsonNode ask(String request, byte[] tail) throws IOException {
    send(request, tail);
    JsonNode answer = receive();
    assertThat(answer.path("ok").asBoolean()).as("%s", answer).isTrue();
    return answer;
  }

  JsonNode ask(String request, Object... values) throws IOException {
    return ask(values.length == 0 ? request : String.format(request, values), new byte[0]);
  }

  void refused(String request, String kind, String message) throws IOException {
    send(request, new byte[0]);
    JsonNode answer = receive();
    assertThat(answer.path("ok").asBoolean()).as("%s", answer).isFalse();
    assertThat(answer.path("kind").asText()).as("%s", answer).isEqualTo(kind);
    assertThat(answer.path("message").asText()).contains(message);
  }

  byte[] tail() {
    return tail;
  }

  /// What came with the last answer; the caller closes it.
  Optional<PassedFile> file() {
    return file;
  }

  @Override
  public void close() {
    socket.close();
  }
}
