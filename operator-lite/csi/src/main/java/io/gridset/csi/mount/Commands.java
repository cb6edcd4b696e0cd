package io.gridset.csi.mount;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs programs of the system that may hang, and waits no longer than it is told.
final class Commands {
  /// A killed process that the kernel does not let go of is not waited for.
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(1);

  private Commands() {}

  /// What became of a command.
  ///
  /// @param text standard output and error; in English
  record Outcome(int status, String text) {
    boolean ok() {
      return status == 0;
    }
  }

  /// @throws CommandTimeoutException when it had not ended by then, and was killed
  /// @throws IOException when there is no such program
  static Outcome run(Duration limit, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        process.destroyForcibly();
        process.waitFor(KILL_PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        throw new CommandTimeoutException(String.join(" ", command), limit);
      }
      // It has ended, and said less than a pipe holds.
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.exitValue(), text.strip());
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + command.getFirst());
    }
  }
}
