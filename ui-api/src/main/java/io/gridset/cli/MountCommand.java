package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.MountRequest;
import io.gridset.client.MountView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset mount`.
@Command(
    name = "mount",
    description = "Mount a dataset; the node remembers it over restarts.",
    footerHeading = "%nExample:%n",
    footer = "  gridset mount serverless-data /mnt/models",
    mixinStandardHelpOptions = true)
final class MountCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "DATASET", description = "NAME or NAMESPACE/NAME.")
  private String dataset = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "An empty directory.")
  private Path path = Path.of("");

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(
      names = "--transport",
      paramLabel = "HOW",
      description = "auto, kernel or libfuse (default: ${DEFAULT-VALUE}).")
  private MountRequest.Transport transport = MountRequest.Transport.AUTO;

  @Option(
      names = "--no-passthrough",
      description = "Copy always; by default the kernel reads complete files itself.")
  private boolean noPassthrough;

  MountCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    MountRequest request =
        new MountRequest(
            gridset.dataset(dataset, namespace),
            path.toAbsolutePath().normalize().toString(),
            transport,
            noPassthrough ? MountRequest.Passthrough.OFF : MountRequest.Passthrough.WHERE_POSSIBLE);
    try (GridsetClient client = gridset.client()) {
      new BoundWait(gridset.surroundings(), client).await(request.dataset());
      MountView mount = client.mount(request);
      OutputFormat format = gridset.output();
      if (format == OutputFormat.JSON || format == OutputFormat.YAML) {
        gridset.surroundings().out().print(Documents.text(format, mount));
        gridset.surroundings().out().flush();
      } else {
        gridset
            .surroundings()
            .out()
            .println(
                mount.dataset()
                    + " mounted on "
                    + mount.mountPoint()
                    + " (transport "
                    + mount.transport()
                    + ", passthrough "
                    + mount.passthrough()
                    + ")");
      }
    }
    return ExitCode.OK;
  }
}
