package io.gridset.localstore;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// A client that sees exactly what is on the wire, falsehoods included.
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  /// How a body ended.
  enum End {
    COMPLETE,
    CLOSED_EARLY,
    RESET
  }

  record Answer(int status, Map<String, String> headers, byte[] body, End end) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    long declared() {
      return Long.parseLong(headers.getOrDefault("content-length", "0"));
    }
  }

  RawClient(URI endpoint) throws IOException {
    socket = new Socket(endpoint.getHost(), endpoint.getPort());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /// Sends a request without a body; headers as full lines.
  Answer send(String method, String target, String... headers) throws IOException {
    return sendTo("localhost", method, target, headers);
  }

  /// As [#send], to a host of that name.
  Answer sendTo(String host, String method, String target, String... headers) throws IOException {
    StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    request.append("Host: ").append(host).append("\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    socket
        .getOutputStream()
        .write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    return answer(method);
  }

  private Answer answer(String method) throws IOException {
    int status = Integer.parseInt(line().split(" ")[1]);
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    long left =
        method.equals("HEAD") ? 0 : Long.parseLong(headers.getOrDefault("content-length", "0"));
    End end = End.COMPLETE;
    byte[] buffer = new byte[64 * 1024];
    while (left > 0 && end == End.COMPLETE) {
      try {
        int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          end = End.CLOSED_EARLY;
        } else {
          body.write(buffer, 0, read);
          left -= read;
        }
      } catch (IOException e) {
        end = End.RESET;
      }
    }
    return new Answer(status, headers, body.toByteArray(), end);
  }

  /// What is still on the connection until the server closes it.
  byte[] rest() throws IOException {
    return in.readAllBytes();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the connection ended inside a head");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
