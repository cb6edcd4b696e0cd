package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.NoNodeException;
import io.gridset.client.NodeView;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset down`.
@Command(
    name = "down",
    description = "Stop the node: it unmounts, and keeps what it cached for the next start.",
    footerHeading = "%nExamples:%n",
    footer = {"  gridset down", "  gridset down --release   # gives the memory of all caches back"},
    mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  private final GridsetCommand gridset;

  @Option(
      names = "--release",
      description = "Drop what is cached as well, and give its memory back.")
  private boolean release;

  DownCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Surroundings surroundings = gridset.surroundings();
    try (GridsetClient client = gridset.client()) {
      NodeView node = client.node();
      long pid = node.pid();
      client.stopNode(release ? Disposal.DROP_BYTES : Disposal.KEEP_BYTES);
      Instant deadline = surroundings.clock().instant().plus(PATIENCE);
      while (surroundings.clock().instant().isBefore(deadline)) {
        if (ended(client)) {
          surroundings.out().println("Gridset node " + pid + " stopped.");
          tell(node.cache().usedBytes());
          return ExitCode.OK;
        }
        surroundings.pause().between(BETWEEN_LOOKS);
      }
      throw CommandFailure.failed(
          "the node (pid " + pid + ") still answers after " + PATIENCE.toSeconds() + " s");
    }
  }

  private void tell(long cachedBytes) {
    if (cachedBytes == 0) {
      return;
    }
    String size = new DataSize(cachedBytes).display();
    gridset
        .surroundings()
        .out()
        .println(
            release
                ? size + " of cache were given back."
                : size
                    + " stay cached for the next start. To free them: gridset up --detach &&"
                    + " gridset down --release");
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
