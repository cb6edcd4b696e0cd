package io.gridset.cli;

import io.gridset.client.GridsetClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset sync`.
@Command(
    name = "sync",
    description = "Forget what was listed, so that the next look asks the origin.",
    mixinStandardHelpOptions = true)
final class SyncCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET[:/PATH]", description = "What to forget.")
  private String place = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  SyncCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    DatasetPath target = DatasetPath.parse(gridset, place, namespace);
    try (GridsetClient client = gridset.client()) {
      client.sync(target.dataset(), target.path());
    }
    gridset.surroundings().out().println(target.dataset() + ":/" + target.path() + " synced");
    return ExitCode.OK;
  }
}
