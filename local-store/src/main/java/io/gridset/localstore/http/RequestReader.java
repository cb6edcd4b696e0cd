package io.gridset.localstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the requests of one connection, one after the other (RFC 9112). Not thread-safe.
///
/// There is no idle timeout: clients are on this machine, and a dead one's kernel closes its
/// sockets; the number of connections is limited instead.
public final class RequestReader {
  /// The longest request head: far above what a presigned URL with a long key needs.
  private static final int HEAD_LIMIT_BYTES = 64 * 1024;

  private final Wire wire;
  private final byte[] buffer = new byte[HEAD_LIMIT_BYTES];
  private int start;
  private int end;

  public RequestReader(Wire wire) {
    this.wire = wire;
  }

  /// The next request, or null when the client has closed the connection.
  ///
  /// @throws MalformedRequestException if what came is not a request
  public @Nullable HttpRequest next() throws IOException {
    int head = awaitHead();
    if (head < 0) {
      return null;
    }
    String text = new String(buffer, start, head - start, StandardCharsets.ISO_8859_1);
    start = head + 4;
    return parse(text);
  }

  private int awaitHead() throws IOException {
    int scanned = start;
    while (true) {
      for (int i = scanned; i + 3 < end; i++) {
        if (buffer[i] == '\r'
            && buffer[i + 1] == '\n'
            && buffer[i + 2] == '\r'
            && buffer[i + 3] == '\n') {
          return i;
        }
      }
      scanned = Math.max(start, end - 3);
      if (end == buffer.length) {
        if (start == 0) {
          throw new MalformedRequestException("request head above " + HEAD_LIMIT_BYTES + " bytes");
        }
        System.arraycopy(buffer, start, buffer, 0, end - start);
        scanned -= start;
        end -= start;
        start = 0;
      }
      if (start == end) {
        start = 0;
        end = 0;
        scanned = 0;
      }
      int read = wire.read(buffer, end, buffer.length - end);
      if (read < 0) {
        if (start == end) {
          return -1;
        }
        throw new EOFException("the client closed the connection inside a request head");
      }
      end += read;
    }
  }

  private HttpRequest parse(String head) throws IOException {
    String[] lines = head.split("\r\n");
    String[] line = lines[0].split(" ");
    if (line.length != 3 || !line[2].startsWith("HTTP/1.")) {
      throw new MalformedRequestException("not an HTTP/1.1 request line: " + lines[0]);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon <= 0) {
        throw new MalformedRequestException("not a header: " + lines[i]);
      }
      String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
      String value = latinToUtf8(lines[i].substring(colon + 1).strip());
      headers.merge(name, value, (a, b) -> a + "," + b);
    }
    if (line[2].equals("HTTP/1.0")) {
      headers.putIfAbsent("connection", "close");
    }
    String target = withoutAuthority(line[1]);
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    Query query = Query.parse(question < 0 ? "" : target.substring(question + 1));
    return new HttpRequest(line[0], path, query, headers, body(headers));
  }

  private static String latinToUtf8(String value) {
    return value.chars().allMatch(c -> c < 0x80)
        ? value
        : new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static String withoutAuthority(String target) {
    if (target.startsWith("/")) {
      return target;
    }
    int authority = target.indexOf("://");
    int path = authority < 0 ? -1 : target.indexOf('/', authority + 3);
    return path < 0 ? "/" : target.substring(path);
  }

  private InputStream body(Map<String, String> headers) throws MalformedRequestException {
    InputStream raw;
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      raw = new ChunkedInputStream(new Raw(Long.MAX_VALUE));
    } else {
      String length = headers.getOrDefault("content-length", "0");
      try {
        raw = new Raw(Long.parseLong(length));
      } catch (NumberFormatException _) {
        throw new MalformedRequestException("Content-Length is not a number: " + length);
      }
    }
    return headers.getOrDefault("expect", "").equalsIgnoreCase("100-continue")
        ? new ContinuedInputStream(raw, this::sendContinue)
        : raw;
  }

  private void sendContinue() throws IOException {
    wire.write(
        ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
  }

  /// The bytes of the connection up to a count: first what was read with the head, then the wire.
  private final class Raw extends InputStream {
    private long left;

    Raw(long length) {
      left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int wanted = (int) Math.min(length, left);
      int count;
      if (start < end) {
        count = Math.min(wanted, end - start);
        System.arraycopy(buffer, start, target, offset, count);
        start += count;
      } else if (wanted == 1) {
        // Chunk headers are read byte by byte: fill the buffer instead of one system call each.
        start = 0;
        end = Math.max(0, wire.read(buffer, 0, (int) Math.min(buffer.length, left)));
        return end == 0 ? failShort() : read(target, offset, 1);
      } else {
        count = wire.read(target, offset, wanted);
        if (count < 0) {
          return failShort();
        }
      }
      left -= count;
      return count;
    }

    private int failShort() throws EOFException {
      throw new EOFException("the client closed the connection inside a request body");
    }
  }
}
