package io.gridset.client.peer;

import io.gridset.client.HostPort;

/// Where a member's data server listens.
///
/// @param host a name or an address
public record PeerAddress(String host, int port) {
  private static final String EXAMPLE = "10.0.0.7:5801";

  public PeerAddress {
    if (host.isBlank() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("'" + host + ":" + port + "' is no address of a server");
    }
  }

  /// Reads `host:port`; an IPv6 address stands in brackets.
  ///
  /// @throws IllegalArgumentException naming the form
  public static PeerAddress parse(String text) {
    HostPort read = HostPort.parse(text, EXAMPLE);
    if (read.port() == 0) {
      throw new IllegalArgumentException("'" + text + "' has no port; write it like " + EXAMPLE);
    }
    return new PeerAddress(read.host(), read.port());
  }

  @Override
  public String toString() {
    return new HostPort(host, port).toString();
  }
}
