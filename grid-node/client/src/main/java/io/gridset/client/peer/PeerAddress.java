package io.gridset.client.peer;

/// Where a member's data server listens.
///
/// @param host a name or an address
public record PeerAddress(String host, int port) {
  public PeerAddress {
    if (host.isBlank() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("'" + host + ":" + port + "' is no address of a server");
    }
  }

  /// Reads `host:port`; an IPv6 address stands in brackets.
  ///
  /// @throws IllegalArgumentException naming the form
  public static PeerAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
      return new PeerAddress(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not host:port; write it like 10.0.0.7:5801", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
