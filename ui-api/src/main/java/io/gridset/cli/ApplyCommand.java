package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane.ApplyMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset apply`.
@Command(
    name = "apply",
    description = "Apply manifests; $${NAME} in them is filled in from the environment.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  OSS_BUCKET=models gridset apply -f examples/scenarios/1-model-serving.yaml",
      "  gridset apply -f manifests/ --dry-run",
      "  generate | gridset apply -f -"
    },
    mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE|DIR|-",
      description = "Manifests: a file, a directory, or - for standard input. May be repeated.")
  private List<String> places = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace of manifests that name none (default: default).")
  private @Nullable String namespace;

  @Option(names = "--dry-run", description = "Only say what would happen.")
  private boolean dryRun;

  ApplyCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    Surroundings surroundings = gridset.surroundings();
    String manifests = new ManifestFiles(surroundings).read(places);
    try (GridsetClient client = gridset.client()) {
      List<ApplyOutcome> outcomes =
          client.apply(
              manifests,
              gridset.namespace(namespace),
              dryRun ? ApplyMode.DRY_RUN : ApplyMode.APPLY);
      print(outcomes, surroundings.out());
    }
    return ExitCode.OK;
  }

  private void print(List<ApplyOutcome> outcomes, PrintWriter out) {
    switch (gridset.output()) {
      case JSON, YAML -> {
        out.print(Documents.text(gridset.output(), outcomes));
        out.flush();
      }
      case NAME -> outcomes.forEach(o -> out.println(Kinds.qualified(o.kind(), o.name())));
      case TABLE, WIDE ->
          outcomes.forEach(
              outcome ->
                  out.println(
                      Kinds.qualified(outcome.kind(), outcome.name())
                          + " "
                          + outcome.action().name().toLowerCase(Locale.ROOT)
                          + (dryRun ? " (dry run)" : "")
                          + (outcome.message().isEmpty() ? "" : ": " + outcome.message())));
    }
  }
}
