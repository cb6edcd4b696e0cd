package io.gridset.localstore.http;

import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request: its line, its headers (names in lower case, repeated ones joined by a comma) and
/// its body, which must be read before the next request.
public record HttpRequest(
    String method, String rawPath, Query query, Map<String, String> headers, InputStream body) {
  /// The header's value, or null; the name in lower case.
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  public String headerOrDefault(String name, String otherwise) {
    return headers.getOrDefault(name, otherwise);
  }

  /// Whether the client asked to end the connection after the response.
  public boolean lastOnConnection() {
    return headerOrDefault("connection", "").equalsIgnoreCase("close");
  }

  /// Whether the client holds the body back until told to send it, and has not been told.
  public boolean bodyUninvited() {
    return body instanceof ContinuedInputStream continued && !continued.invited();
  }

  /// The same request with another view of its body.
  public HttpRequest withBody(InputStream view) {
    return new HttpRequest(method, rawPath, query, headers, view);
  }

  public boolean isHead() {
    return method.equals("HEAD");
  }
}
