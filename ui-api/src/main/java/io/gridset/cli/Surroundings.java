package io.gridset.cli;

import io.gridset.node.NodeParts;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/// What a command sees of the world outside, so that tests can be that world.
///
/// @param data standard output for bytes
/// @param out standard output for text, over the same stream
/// @param parts what `up` starts
record Surroundings(
    OutputStream data,
    PrintWriter out,
    PrintWriter err,
    InputStream in,
    Map<String, String> environment,
    InstantSource clock,
    Pause pause,
    Screen screen,
    NodeParts.Factory parts) {
  /// Waits between two looks at something that changes.
  @FunctionalInterface
  interface Pause {
    void between(Duration looks) throws InterruptedException;
  }

  /// What standard output is.
  ///
  /// @param columns 0 when it is no terminal
  record Screen(int columns) {
    boolean isTerminal() {
      return columns > 0;
    }
  }

  static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
