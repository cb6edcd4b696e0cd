package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset evict`.
@Command(
    name = "evict",
    description = "Drop cached bytes that nobody uses.",
    mixinStandardHelpOptions = true)
final class EvictCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET[:/PATH]", description = "What to drop.")
  private String place = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  EvictCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    DatasetPath target = DatasetPath.parse(gridset, place, namespace);
    try (GridsetClient client = gridset.client()) {
      long freed = client.evict(target.dataset(), target.path()).freedBytes();
      gridset
          .surroundings()
          .out()
          .println(
              target.dataset()
                  + ":/"
                  + target.path()
                  + " evicted, "
                  + new DataSize(freed).display()
                  + " given back");
    }
    return ExitCode.OK;
  }
}
