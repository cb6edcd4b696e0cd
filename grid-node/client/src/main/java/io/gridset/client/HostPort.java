package io.gridset.client;

/// A host, by name or address, and a TCP port.
///
/// @param port 0 for any free one, where one listens
public record HostPort(String host, int port) {
  public HostPort {
    if (host.isBlank() || port < 0 || port > 65_535) {
      throw new IllegalArgumentException("'" + host + ":" + port + "' is no address of a server");
    }
  }

  /// Reads `host:port`; an IPv6 address stands in brackets.
  ///
  /// @param example of the form, for the message
  /// @throws IllegalArgumentException naming the form
  public static HostPort parse(String text, String example) {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
      return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not host:port; write it like " + example, e);
    }
  }

  /// As [#parse] reads it.
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
