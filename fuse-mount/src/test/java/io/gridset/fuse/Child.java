package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// A program that uses the mount from outside: a test that reads its own mount could hang with it.
/// Ends by the limit at the latest.
final class Child implements AutoCloseable {
  private static final int LIMIT_SECONDS = 40;

  private final Process process;
  private final BufferedReader output;
  private final Writer input;

  private Child(Process process) {
    this.process = process;
    output = process.inputReader(StandardCharsets.UTF_8);
    input = process.outputWriter(StandardCharsets.UTF_8);
  }

  static Child start(String... command) throws IOException {
    return new Child(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  static Child python(String script, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("python3", "-u", "-c", script));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return start(command.toArray(new String[0]));
  }

  /// Runs a shell command and returns what it printed; it must succeed.
  static String shell(String command) throws Exception {
    try (Child child = start("bash", "-c", command)) {
      return child.finish();
    }
  }

  /// What the program prints until it ends, which must be with success.
  String finish() throws Exception {
    input.close();
    String text = within(() -> output.lines().reduce("", (all, line) -> all + line + "\n"));
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text.strip();
  }

  /// The next line of its output.
  String line() throws Exception {
    return within(
        () -> {
          try {
            return String.valueOf(output.readLine());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /// Whether it has printed something that was not read yet.
  boolean hasOutput() throws IOException {
    return output.ready();
  }

  /// Lets a program go on that waits for a line.
  void proceed() throws IOException {
    input.write("go\n");
    input.flush();
  }

  Process process() {
    return process;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private String within(Supplier<String> reading) throws Exception {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                text.complete(reading.get());
              } catch (RuntimeException e) {
                text.completeExceptionally(e);
              }
            });
    try {
      return text.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      process.destroyForcibly();
      throw new AssertionError("the program hangs or failed: " + process.info(), e);
    }
  }
}
