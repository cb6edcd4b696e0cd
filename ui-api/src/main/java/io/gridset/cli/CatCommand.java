package io.gridset.cli;

import io.gridset.client.GridsetClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset cat`.
@Command(
    name = "cat",
    description = "Write a file's bytes to standard output.",
    footerHeading = "%nExample:%n",
    footer = "  gridset cat serverless-data:/config.json",
    mixinStandardHelpOptions = true)
final class CatCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET:/PATH", description = "The file.")
  private String place = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  CatCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    DatasetPath target = DatasetPath.parse(gridset, place, namespace);
    OutputStream data = gridset.surroundings().data();
    try (GridsetClient client = gridset.client();
        InputStream content = client.content(target.dataset(), target.path())) {
      content.transferTo(data);
      data.flush();
    }
    return ExitCode.OK;
  }
}
