package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.MountRequest;
import io.gridset.client.MountView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset mount`.
@Command(
    name = "mount",
    description = {
      "Mount a dataset, to be read, or the Arrow objects of a namespace as files, to be read, written"
          + " and deleted; the node remembers it over restarts."
    },
    customSynopsis = {
      "gridset mount [OPTIONS] DATASET PATH",
      "       gridset mount [OPTIONS] --objects [NAMESPACE] PATH"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset mount serverless-data /mnt/models",
      "  gridset mount --objects /mnt/shared && ls /mnt/shared/objects"
    },
    mixinStandardHelpOptions = true)
final class MountCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(
      arity = "1..2",
      paramLabel = "DATASET|NAMESPACE PATH",
      description = "NAME or NAMESPACE/NAME of a dataset, or a namespace; then an empty directory.")
  private List<String> arguments = List.of();

  @Option(
      names = "--objects",
      description = "Mount objects, as PATH/objects/NAME.arrow, and put what is written there.")
  private boolean objects;

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
    MountRequest request = request();
    try (GridsetClient client = gridset.client()) {
      if (request instanceof MountRequest.OfDataset(var dataset, _, _, _)) {
        new BoundWait(gridset.surroundings(), client).await(dataset);
      }
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
                mount.what()
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

  private MountRequest request() {
    String path = Path.of(arguments.getLast()).toAbsolutePath().normalize().toString();
    MountRequest.Passthrough passthrough =
        noPassthrough ? MountRequest.Passthrough.OFF : MountRequest.Passthrough.WHERE_POSSIBLE;
    if (objects) {
      String named = arguments.size() == 1 ? namespace : arguments.getFirst();
      return new MountRequest.OfObjects(gridset.namespace(named), path, transport, passthrough);
    }
    if (arguments.size() == 1) {
      throw CommandFailure.usage(
          "mount takes a DATASET and a PATH, or --objects and a PATH; there is only one of them");
    }
    return new MountRequest.OfDataset(
        gridset.dataset(arguments.getFirst(), namespace), path, transport, passthrough);
  }
}
