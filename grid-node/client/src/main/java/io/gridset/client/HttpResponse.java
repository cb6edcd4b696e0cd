package io.gridset.client;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// An HTTP/1.1 response (RFC 9112) being read. A body that ends before its declared length is an
/// [EOFException], never a short answer passed off as whole. Closing it closes the connection.
final class HttpResponse implements AutoCloseable {
  /// A node sends few headers; more than this is not a node.
  private static final int HEAD_BYTES_MAX = 64 << 10;

  private final int status;
  private final InputStream body;

  private HttpResponse(int status, InputStream body) {
    this.status = status;
    this.body = body;
  }

  /// Reads the head from `in`; the caller closes `in` through the response.
  static HttpResponse read(InputStream in) throws IOException {
    Head head = new Head(in);
    String statusLine = head.line();
    if (!statusLine.matches("HTTP/1\\.[01] [0-9]{3}( .*)?")) {
      throw new IOException("not an HTTP answer: " + statusLine);
    }
    Map<String, String> headers = new HashMap<>();
    for (String line = head.line(); !line.isEmpty(); line = head.line()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    int status = Integer.parseInt(statusLine.substring(9, 12));
    return new HttpResponse(status, body(status, headers, in));
  }

  private static InputStream body(int status, Map<String, String> headers, InputStream in) {
    if (status == 204 || status == 304) {
      return new Sized(in, 0);
    }
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      return new Chunked(in);
    }
    String length = headers.get("content-length");
    return length == null ? in : new Sized(in, Long.parseLong(length));
  }

  int status() {
    return status;
  }

  InputStream body() {
    return body;
  }

  @Override
  public void close() throws IOException {
    body.close();
  }

  /// Lines of a head, bounded in all.
  private static final class Head {
    private final InputStream in;
    private int left = HEAD_BYTES_MAX;

    Head(InputStream in) {
      this.in = in;
    }

    String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream(80);
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new EOFException("the node closed the connection without an answer");
        }
        if (--left < 0) {
          throw new IOException("headers of the answer exceed " + HEAD_BYTES_MAX + " bytes");
        }
        if (c != '\r') {
          line.write(c);
        }
      }
      return line.toString(StandardCharsets.ISO_8859_1);
    }
  }

  /// A body of declared length.
  private static final class Sized extends FilterInputStream {
    private long left;

    Sized(InputStream in, long length) {
      super(in);
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int got = in.read(bytes, offset, (int) Math.min(length, left));
      if (got < 0) {
        throw new EOFException("the node broke off with " + left + " bytes to go");
      }
      left -= got;
      return got;
    }
  }

  /// A body in chunks (RFC 9112, section 7.1).
  private static final class Chunked extends FilterInputStream {
    private long left;
    private boolean first = true;
    private boolean ended;

    Chunked(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0 && !ended) {
        nextChunk();
      }
      if (ended) {
        return -1;
      }
      int got = in.read(bytes, offset, (int) Math.min(length, left));
      if (got < 0) {
        throw new EOFException("the node broke off inside its answer");
      }
      left -= got;
      return got;
    }

    private void nextChunk() throws IOException {
      Head head = new Head(in);
      if (!first) {
        head.line();
      }
      first = false;
      String size = head.line();
      int semicolon = size.indexOf(';');
      try {
        left = Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("not a chunk size: " + size, e);
      }
      ended = left == 0;
    }
  }
}
