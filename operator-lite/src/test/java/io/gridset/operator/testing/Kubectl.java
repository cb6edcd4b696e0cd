package io.gridset.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// kubectl as its user sees it. Thread-safe.
public final class Kubectl {
  private static final Pattern HEAD = Pattern.compile("\\S+( \\S+)*");
  private static final int PATIENCE_SECONDS = 60;

  private final Path program;
  private final Path configuration;

  Kubectl(Path program, Path configuration) {
    this.program = program;
    this.configuration = configuration;
  }

  /// What a command printed, both streams as they came.
  public record Outcome(int code, String text) {
    /// The rows of a table as lists of their cells, the head first. A column begins where its head
    /// does.
    public List<List<String>> table() {
      List<String> lines = text.lines().toList();
      List<Integer> starts =
          HEAD.matcher(lines.getFirst()).results().map(MatchResult::start).toList();
      List<List<String>> rows = new ArrayList<>();
      for (String line : lines) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < starts.size(); i++) {
          int start = Math.min(starts.get(i), line.length());
          int end = i + 1 < starts.size() ? starts.get(i + 1) : line.length();
          cells.add(line.substring(start, Math.max(start, Math.min(end, line.length()))).strip());
        }
        rows.add(cells);
      }
      return rows;
    }
  }

  /// Runs a command that must succeed.
  public Outcome must(String... arguments) {
    return mustWith("", arguments);
  }

  /// Runs a command that must succeed, with a text on its standard input.
  public Outcome mustWith(String input, String... arguments) {
    Outcome outcome = tryWith(input, arguments);
    if (outcome.code() != 0) {
      throw new AssertionError(
          "kubectl " + String.join(" ", arguments) + " failed: " + outcome.text());
    }
    return outcome;
  }

  /// Runs a command, whatever comes of it.
  public Outcome tryWith(String input, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.add("--kubeconfig=" + configuration);
    command.add("--cache-dir=" + configuration.resolveSibling("kubectl-cache"));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile(configuration.getParent(), "kubectl", ".out");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("kubectl " + String.join(" ", arguments) + " does not end");
      }
      String text = Files.readString(output);
      Files.delete(output);
      return new Outcome(process.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
