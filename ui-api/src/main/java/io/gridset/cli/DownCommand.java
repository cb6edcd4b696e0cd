package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.NoNodeException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `gridset down`.
@Command(
    name = "down",
    description = "Stop the node: it unmounts, and keeps what it cached for the next start.",
    mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  private final GridsetCommand gridset;

  DownCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    try (GridsetClient client = gridset.client()) {
      long pid = client.node().pid();
      client.stopNode();
      Instant deadline = surroundings.clock().instant().plus(PATIENCE);
      while (surroundings.clock().instant().isBefore(deadline)) {
        if (ended(client)) {
          surroundings.out().println("Gridset node " + pid + " stopped.");
          return ExitCode.OK;
        }
        surroundings.pause().between(BETWEEN_LOOKS);
      }
      throw CommandFailure.failed(
          "the node (pid " + pid + ") still answers after " + PATIENCE.toSeconds() + " s");
    }
  }

  private static boolean ended(GridsetClient client) throws InterruptedException {
    try {
      client.node();
      return false;
    } catch (NoNodeException _) {
      return true;
    } catch (IOException _) {
      return false; // it is closing
    }
  }
}
