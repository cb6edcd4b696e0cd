package io.gridset.localstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/// The payload of a chunked body: HTTP's transfer coding (RFC 9112, 7.1) and equally `aws-chunked`,
/// whose chunk extensions carry signatures and whose trailers carry checksums; both are skipped.
public final class ChunkedInputStream extends InputStream {
  /// A chunk's size line with its signature is below 200 bytes; a trailer line likewise.
  private static final int LINE_LIMIT_BYTES = 8 * 1024;

  private final InputStream in;
  private long left;
  private boolean first = true;
  private boolean ended;

  public ChunkedInputStream(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (left == 0 && !nextChunk()) {
      return -1;
    }
    int read = in.read(target, offset, (int) Math.min(length, left));
    if (read < 0) {
      throw new EOFException("the body ends inside a chunk");
    }
    left -= read;
    return read;
  }

  private boolean nextChunk() throws IOException {
    if (ended) {
      return false;
    }
    if (!first) {
      line();
    }
    first = false;
    String line = line();
    int semicolon = line.indexOf(';');
    String size = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
    try {
      left = Long.parseLong(size, 16);
    } catch (NumberFormatException _) {
      throw new MalformedRequestException("not a chunk size: '" + line + "'");
    }
    if (left < 0) {
      throw new MalformedRequestException("negative chunk size: '" + line + "'");
    }
    if (left == 0) {
      ended = true;
      String trailer = line();
      while (!trailer.isEmpty()) {
        trailer = line();
      }
    }
    return !ended;
  }

  /// One line without its end; the end of the stream counts as an empty line (a client may omit the
  /// blank line after `aws-chunked` trailers).
  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    while (c >= 0 && c != '\n') {
      if (c != '\r') {
        line.append((char) c);
      }
      if (line.length() > LINE_LIMIT_BYTES) {
        throw new MalformedRequestException("chunk line above " + LINE_LIMIT_BYTES + " bytes");
      }
      c = in.read();
    }
    return line.toString();
  }
}
