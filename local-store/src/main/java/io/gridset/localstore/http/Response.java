package io.gridset.localstore.http;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the store answers: status, headers and a body. `Content-Length` is not among the headers:
/// it follows from the body, or from a fault that falsifies it.
public record Response(int status, Map<String, String> headers, Body body) {
  /// A body held in memory or a slice of an open file.
  public sealed interface Body {
    long length();
  }

  /// Bytes in memory, such as an XML document.
  public record Bytes(ByteBuffer content) implements Body {
    public Bytes {
      content = content.asReadOnlyBuffer();
    }

    @Override
    public long length() {
      return content.remaining();
    }
  }

  /// A slice of a file; whoever writes the response closes the channel.
  public record Slice(FileChannel file, long position, long length) implements Body {}

  /// No body, but the length that a GET would have had (HEAD).
  public record Absent(long length) implements Body {}

  public static final Body NOTHING = new Bytes(ByteBuffer.allocate(0));

  public Response {
    headers = new LinkedHashMap<>(headers);
  }

  public static Response empty(int status) {
    return new Response(status, Map.of(), NOTHING);
  }

  public static Response text(int status, String type, String text) {
    return new Response(
        status,
        Map.of("Content-Type", type),
        new Bytes(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
  }

  public Response with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /// The status line and headers, ready for the wire.
  public byte[] head(long contentLength) {
    StringBuilder head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(status).append(' ').append(reason()).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (status != 204 && status != 304) {
      head.append("Content-Length: ").append(contentLength).append("\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private String reason() {
    return switch (status) {
      case 200 -> "OK";
      case 204 -> "No Content";
      case 206 -> "Partial Content";
      case 301 -> "Moved Permanently";
      case 304 -> "Not Modified";
      case 400 -> "Bad Request";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 409 -> "Conflict";
      case 412 -> "Precondition Failed";
      case 416 -> "Range Not Satisfiable";
      case 429 -> "Too Many Requests";
      case 500 -> "Internal Server Error";
      case 503 -> "Service Unavailable";
      default -> "Status";
    };
  }
}
