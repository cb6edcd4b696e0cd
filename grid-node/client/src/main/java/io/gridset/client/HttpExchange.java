package io.gridset.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/// One request and its response on a connection of its own. Why no keep-alive: connecting to a Unix
/// socket costs less than the code that would keep one.
final class HttpExchange {
  private static final int BUFFER_BYTES = 64 << 10;

  private HttpExchange() {}

  /// What to ask.
  ///
  /// @param target path and query, encoded
  /// @param body empty for none
  record Request(String method, String target, String contentType, String body) {}

  /// A body that is too large for memory.
  ///
  /// @param bytes how many `content` has
  record Upload(InputStream content, long bytes) {}

  static HttpResponse send(Endpoint endpoint, Request request, Duration patience)
      throws IOException {
    byte[] body = request.body().getBytes(StandardCharsets.UTF_8);
    return send(
        endpoint, request, new Upload(new ByteArrayInputStream(body), body.length), patience);
  }

  /// Sends `body` in place of the request's own. A node that refuses does so before it has all of
  /// it: its answer counts then, not the failure to send the rest.
  static HttpResponse send(Endpoint endpoint, Request request, Upload body, Duration patience)
      throws IOException {
    Connection connection =
        switch (endpoint) {
          case Endpoint.Local local -> local(local.socket(), patience);
          case Endpoint.Remote remote -> remote(remote, patience);
        };
    try {
      IOException unsent = write(connection.output(), head(endpoint, request, body.bytes()), body);
      try {
        return HttpResponse.read(
            new ClosingStream(
                new BufferedInputStream(connection.input(), BUFFER_BYTES), connection));
      } catch (IOException e) {
        throw unsent == null ? e : unsent;
      }
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /// What kept the body from being sent, if something did.
  private static @Nullable IOException write(OutputStream out, byte[] head, Upload body)
      throws IOException {
    out.write(head);
    byte[] chunk = new byte[BUFFER_BYTES];
    long left = body.bytes();
    while (left > 0) {
      int count = body.content().readNBytes(chunk, 0, (int) Math.min(left, chunk.length));
      if (count == 0) {
        throw new EOFException("the content ended " + left + " bytes before its length");
      }
      try {
        out.write(chunk, 0, count);
      } catch (IOException e) {
        return e;
      }
      left -= count;
    }
    out.flush();
    return null;
  }

  private static byte[] head(Endpoint endpoint, Request request, long bodyBytes) {
    StringBuilder head = new StringBuilder(256);
    head.append(request.method()).append(' ').append(request.target()).append(" HTTP/1.1\r\n");
    switch (endpoint) {
      case Endpoint.Local(Path _) -> head.append("Host: localhost\r\n");
      case Endpoint.Remote remote -> {
        head.append("Host: ").append(remote.server().getRawAuthority()).append("\r\n");
        head.append("Authorization: Bearer ").append(remote.token()).append("\r\n");
      }
    }
    head.append("Connection: close\r\n");
    if (!request.contentType().isEmpty()) {
      head.append("Content-Type: ").append(request.contentType()).append("\r\n");
    }
    head.append("Content-Length: ").append(bodyBytes).append("\r\n\r\n");
    return head.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Connection local(Path socket, Duration patience) throws IOException {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      return Connection.of(
          TimedChannel.connect(channel, UnixDomainSocketAddress.of(socket), patience));
    } catch (SocketException e) {
      String state =
          Files.exists(socket)
              ? "nobody listens on the socket " + socket
              : "no socket at " + socket;
      if (String.valueOf(e.getMessage()).contains("Permission denied")) {
        throw new IOException(
            "no access to the node's socket " + socket + ": it belongs to another user", e);
      }
      throw new NoNodeException(
          "no Gridset node is running here (" + state + "): start one with `gridset up`", e);
    }
  }

  private static Connection remote(Endpoint.Remote remote, Duration patience) throws IOException {
    InetSocketAddress address = new InetSocketAddress(remote.server().getHost(), remote.port());
    try {
      if (!remote.encrypted()) {
        return Connection.of(TimedChannel.connect(SocketChannel.open(), address, patience));
      }
      SSLSocket socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket();
      socket.connect(address, (int) patience.toMillis());
      socket.setSoTimeout((int) patience.toMillis());
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      return new Connection(socket.getInputStream(), socket.getOutputStream(), socket);
    } catch (UnresolvedAddressException | UnknownHostException | ConnectException e) {
      String reason = e instanceof ConnectException ? "nobody listens there" : "unknown host";
      throw new NoNodeException("no Gridset node at " + remote.server() + ": " + reason, e);
    }
  }

  private record Connection(InputStream input, OutputStream output, AutoCloseable socket)
      implements AutoCloseable {
    static Connection of(TimedChannel channel) {
      return new Connection(channel.input(), channel.output(), channel);
    }

    @Override
    public void close() throws IOException {
      try {
        socket.close();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  private static final class ClosingStream extends FilterInputStream {
    private final Connection connection;

    ClosingStream(InputStream in, Connection connection) {
      super(in);
      this.connection = connection;
    }

    @Override
    public void close() throws IOException {
      connection.close();
    }
  }
}
