package io.gridset.api;

import java.nio.file.Path;
import java.util.Optional;

/// Where the API listens.
///
/// @param socket of the Unix socket; its directory is made, for the owner only
public record ApiSettings(Path socket, Optional<Tcp> tcp) {
  /// The longest socket path that Linux takes (`sun_path` in unix(7), less the final zero).
  private static final int SOCKET_PATH_BYTES_MAX = 107;

  /// @param port 0 for any free one
  /// @param token what requests over TCP must bear
  public record Tcp(String host, int port, BearerToken token) {}

  public ApiSettings {
    if (socket.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
        > SOCKET_PATH_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the socket path "
              + socket
              + " is longer than the kernel's "
              + SOCKET_PATH_BYTES_MAX
              + " bytes: choose a shorter --run-dir");
    }
  }
}
