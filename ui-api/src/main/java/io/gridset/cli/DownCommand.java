package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.NoNodeException;
import io.gridset.client.NodeView;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.unit.DataSize;
import io.gridset.node.GridsetNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
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
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
  private static final Duration LOOK_PATIENCE = Duration.ofSeconds(2);

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
      // A node that is closing may take a connection and never answer.
      GridsetClient looks = client.withPatience(LOOK_PATIENCE);
      Instant deadline = surroundings.clock().instant().plus(PATIENCE);
      while (surroundings.clock().instant().isBefore(deadline)) {
        if (ended(looks)) {
          surroundings.out().println("Gridset node " + pid + " stopped.");
          tell(node.cache().usedBytes());
          tell(node.objects());
          return ExitCode.OK;
        }
        surroundings.pause().between(BETWEEN_LOOKS);
      }
      throw CommandFailure.failed(
          "the node (pid " + pid + ") has not ended after " + PATIENCE.toSeconds() + " s");
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

  private void tell(NodeView.Objects objects) {
    if (objects.objects() > 0) {
      gridset
          .surroundings()
          .out()
          .println(
              objects.objects()
                  + " objects, "
                  + new DataSize(objects.bytes()).display()
                  + (release
                      ? " of memory, were dropped."
                      : " of memory, stay for the next start; `down --release` drops them."));
    }
  }

  /// A node on this machine has ended when it holds its run directory no more, so that the next may
  /// start.
  private boolean ended(GridsetClient client) throws IOException {
    try {
      client.node();
      return false;
    } catch (NoNodeException _) {
      Optional<Path> runDirectory = gridset.localRunDirectory();
      return runDirectory.isEmpty() || !GridsetNode.holds(runDirectory.get());
    } catch (IOException _) {
      return false; // it is closing
    }
  }
}
