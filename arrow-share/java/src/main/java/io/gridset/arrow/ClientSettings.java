package io.gridset.arrow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Where a node listens and how long it is waited for.
///
/// @param socket the node's `objects.sock`
/// @param token what identifies the caller; may be empty where the socket's directory does
/// @param patience how long an answer, or a part of one, may take before the request fails
public record ClientSettings(Path socket, String token, Duration patience) {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String SOCKET = "objects.sock";

  public ClientSettings {
    if (patience.isZero() || patience.isNegative()) {
      throw new IllegalArgumentException("patience: more than nothing, not " + patience);
    }
  }

  public static ClientSettings at(Path socket) {
    return new ClientSettings(socket, "", PATIENCE);
  }

  /// The node of this machine, found as the command line finds it: `GRIDSET_RUN_DIR`, else
  /// `/run/gridset` for root, else `$XDG_RUNTIME_DIR/gridset`, else a directory of the user's under
  /// the temporary one. The token is what stands in the file that `GRIDSET_TOKEN_FILE` names.
  ///
  /// @throws IOException when that file cannot be read
  public static ClientSettings of(Map<String, String> environment) throws IOException {
    String file = environment.getOrDefault("GRIDSET_TOKEN_FILE", "");
    String token = file.isEmpty() ? "" : Files.readString(Path.of(file)).strip();
    return new ClientSettings(runDirectory(environment).resolve(SOCKET), token, PATIENCE);
  }

  private static Path runDirectory(Map<String, String> environment) {
    String given = environment.getOrDefault("GRIDSET_RUN_DIR", "");
    if (!given.isEmpty()) {
      return Path.of(given);
    }
    String user = System.getProperty("user.name");
    if ("root".equals(user)) {
      return Path.of("/run/gridset");
    }
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return runtime.isEmpty()
        ? Path.of(System.getProperty("java.io.tmpdir"), "gridset-" + user)
        : Path.of(runtime, "gridset");
  }

  public ClientSettings withToken(String text) {
    return new ClientSettings(socket, text, patience);
  }

  public ClientSettings withPatience(Duration longest) {
    return new ClientSettings(socket, token, longest);
  }
}
