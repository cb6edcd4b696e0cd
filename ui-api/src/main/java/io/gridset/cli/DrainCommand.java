package io.gridset.cli;

import io.gridset.client.DrainView;
import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset drain`.
@Command(
    name = "drain",
    description = {
      "Hand over what the node holds to the members that are home to it without this one, so that"
          + " nobody has to ask the origin for it again.",
      "The node serves on, and is home to nothing until --undo, or until it starts again."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  gridset drain --timeout 5m && gridset down", "  gridset drain --undo"},
    mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

  /// Plain lines go to logs, which should not be flooded.
  private static final int LOOKS_PER_PLAIN_LINE = 20;

  private final GridsetCommand gridset;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "60s",
      description = "Longest time, such as 90s or 5m (default: ${DEFAULT-VALUE}).")
  private String timeout = "";

  @Option(names = "--undo", description = "Let the node hold blocks again.")
  private boolean undo;

  DrainCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Duration time = duration(timeout);
    try (GridsetClient client = gridset.client()) {
      if (undo) {
        client.undoDrain();
        return ExitCode.OK;
      }
      DrainView drain = watch(client, client.startDrain(time));
      return result(drain);
    }
  }

  private static Duration duration(String text) {
    if (!text.matches("[0-9]{1,4}[smSM]")) {
      throw CommandFailure.usage("--timeout: '" + text + "' is no time; write it like 90s or 5m");
    }
    return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
  }

  private DrainView watch(GridsetClient client, DrainView started)
      throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    DrainView drain = started;
    for (int look = 0; drain.phase() == DrainView.Phase.RUNNING; look++) {
      if (!isDocument() && surroundings.screen().isTerminal()) {
        surroundings.out().print("\r\u001b[K" + line(drain));
        surroundings.out().flush();
      } else if (!isDocument() && look % LOOKS_PER_PLAIN_LINE == 0) {
        surroundings.out().println(line(drain));
      }
      surroundings.pause().between(BETWEEN_LOOKS);
      drain = client.drain();
    }
    if (!isDocument() && surroundings.screen().isTerminal()) {
      surroundings.out().print("\r\u001b[K");
    }
    return drain;
  }

  private boolean isDocument() {
    return gridset.output() == OutputFormat.JSON || gridset.output() == OutputFormat.YAML;
  }

  private static String line(DrainView drain) {
    return Percentage.of(drain.handedBytes(), drain.totalBytes())
        + "  "
        + size(drain.handedBytes())
        + "/"
        + size(drain.totalBytes())
        + " handed over"
        + (drain.noRoomBytes() > 0 ? ", " + size(drain.noRoomBytes()) + " found no room" : "");
  }

  private int result(DrainView drain) {
    PrintWriter out = gridset.surroundings().out();
    if (isDocument()) {
      out.print(Documents.text(gridset.output(), drain));
    } else {
      out.println(
          line(drain) + String.format(Locale.ROOT, " in %.1f s", drain.elapsedMillis() / 1000.0));
    }
    out.flush();
    PrintWriter err = gridset.surroundings().err();
    return switch (drain.phase()) {
      case DONE, RUNNING -> ExitCode.OK;
      case TIMED_OUT -> {
        err.println("gridset: the time was over before everything was offered; drain again");
        yield ExitCode.FAILED;
      }
      case NOBODY_ELSE -> {
        err.println("gridset: there is no other member that takes blocks");
        yield ExitCode.FAILED;
      }
    };
  }

  private static String size(long bytes) {
    return new DataSize(bytes).display();
  }
}
