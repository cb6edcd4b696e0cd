package io.gridset.client;

import java.net.URI;
import java.nio.file.Path;

/// Where a node's API is.
public sealed interface Endpoint {
  /// A Unix socket of this machine; who may open it is trusted.
  record Local(Path socket) implements Endpoint {}

  /// An `http://` or `https://` address.
  ///
  /// @param token the bearer token that the server demands
  record Remote(URI server, String token) implements Endpoint {
    public Remote {
      String scheme = String.valueOf(server.getScheme());
      if (!(scheme.equals("http") || scheme.equals("https")) || server.getHost() == null) {
        throw new IllegalArgumentException(
            "'" + server + "' is not a server address; write it like http://host:7600");
      }
      if (token.isBlank()) {
        throw new IllegalArgumentException("the token for " + server + " is empty");
      }
    }

    boolean encrypted() {
      return "https".equals(server.getScheme());
    }

    int port() {
      int standard = encrypted() ? 443 : 80;
      return server.getPort() < 0 ? standard : server.getPort();
    }

    @Override
    public String toString() {
      return "Remote[" + server + "]";
    }
  }
}
