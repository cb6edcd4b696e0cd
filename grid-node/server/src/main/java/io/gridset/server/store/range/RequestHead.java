package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// A request without a body.
///
/// @param target path and query, percent-encoded; it may hold a signature, so it is never printed
/// @param headers by name as sent; Host, User-Agent and Accept-Encoding are added
public record RequestHead(
    String method, Origin origin, String target, Map<String, String> headers) {
  public RequestHead {
    headers = Map.copyOf(headers);
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("request target without leading slash");
    }
  }

  public static RequestHead get(URI uri, Map<String, String> headers) throws StorageException {
    return of("GET", uri, headers);
  }

  public static RequestHead of(String method, URI uri, Map<String, String> headers)
      throws StorageException {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String target = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    return new RequestHead(method, Origin.of(uri), target, headers);
  }

  public RequestHead with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.putAll(more);
    return new RequestHead(method, origin, target, all);
  }

  /// Writes the head in HTTP/1.1 form.
  void writeTo(ByteBuffer buffer) throws StorageException {
    StringBuilder text = new StringBuilder(512);
    text.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    field(text, "Host", origin.hostHeader());
    field(text, "User-Agent", "gridset");
    field(text, "Accept-Encoding", "identity");
    for (Map.Entry<String, String> header : headers.entrySet()) {
      switch (header.getKey().toLowerCase(Locale.ROOT)) {
        case "host", "user-agent", "accept-encoding", "connection", "content-length" -> {}
        default -> field(text, header.getKey(), header.getValue());
      }
    }
    text.append("\r\n");
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > buffer.remaining()) {
      throw StorageException.of(
          Kind.INVALID, "the request head is longer than " + buffer.remaining() + " bytes");
    }
    buffer.put(bytes);
  }

  private void field(StringBuilder text, String name, String value) throws StorageException {
    requirePrintable(name, name);
    requirePrintable(name, value);
    text.append(name).append(": ").append(value).append("\r\n");
  }

  private static void requirePrintable(String name, String text) throws StorageException {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) == 0x7F) {
        throw StorageException.of(
            Kind.INVALID, "HTTP header " + name.strip() + " holds a control character");
      }
    }
  }

  /// Never the query: it may be a signature.
  @Override
  public String toString() {
    int query = target.indexOf('?');
    return method + " " + origin + (query < 0 ? target : target.substring(0, query));
  }
}
