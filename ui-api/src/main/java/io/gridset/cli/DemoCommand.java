package io.gridset.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.gridset.core.unit.DataSize;
import io.gridset.demo.Demo;
import io.gridset.demo.DemoReport;
import io.gridset.demo.DemoSettings;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset demo`: the main job in half a minute, on this machine, with nothing else needed.
@Command(
    name = "demo",
    description =
        "Shows the main job on this machine: starts a local object store that is as slow as the published"
            + " scenario's (46 MB/s), applies that scenario's manifests, mounts the dataset, reads it cold and"
            + " warm, and prints what it took. Removes all of it at the end, also on Ctrl-C.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset demo                      512 MiB model, 2,000 small files: about half a minute",
      "  gridset demo --model-size 64Mi    a short one",
      "  gridset demo --keep               leaves store, node and mount running to play with",
      "  gridset demo --output json        coldSeconds, warmSeconds, ratio, originRatio, ..."
    })
final class DemoCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Option(
      names = "--model-size",
      paramLabel = "SIZE",
      defaultValue = "512Mi",
      description = "Size of the model file (default: ${DEFAULT-VALUE}).")
  private String modelSize = "";

  @Option(
      names = "--files",
      paramLabel = "COUNT",
      defaultValue = "2000",
      description = "Number of small files (default: ${DEFAULT-VALUE}).")
  private int files;

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      defaultValue = "46M",
      description = "What the object store gives a second, in all (default: ${DEFAULT-VALUE}).")
  private String rate = "";

  @Option(names = "--keep", description = "Leave store, node and mount running.")
  private boolean keep;

  DemoCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    Surroundings surroundings = gridset.surroundings();
    DemoSettings settings =
        new DemoSettings(
            DataSize.parse(modelSize),
            files,
            DataSize.parse(rate),
            keep ? DemoSettings.Retention.KEEP : DemoSettings.Retention.REMOVE);
    String launcher =
        Optional.ofNullable(surroundings.environment().get("GRIDSET_LAUNCHER"))
            .orElseThrow(
                () ->
                    CommandFailure.failed(
                        "the demo starts a node by the gridset script: run it as ./gridset demo"));
    Demo demo = new Demo(settings, launcher, surroundings.err(), surroundings.screen().columns());
    DemoReport report = demo.run();
    surroundings
        .out()
        .println(
            gridset.output() == OutputFormat.JSON
                ? new ObjectMapper().writeValueAsString(report.figures())
                : report.table());
    surroundings.out().flush();
    surroundings.err().print(demo.hints());
    surroundings.err().flush();
    return ExitCode.OK;
  }
}
