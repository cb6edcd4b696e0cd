package io.gridset.cli;

import io.gridset.client.AffinityView;
import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset affinity`.
@Command(
    name = "affinity",
    description = {
      "Print which nodes hold how much of a dataset, or of an object; of several, of all together.",
      "With -o yaml, as the affinity of a Kubernetes pod: nodes whose names are those of the cluster's"
          + " hosts (--node-name) are preferred by what they hold."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset affinity serverless-data",
      "  gridset affinity spark -o yaml",
      "  gridset affinity risk/x_train risk/y_train"
    },
    mixinStandardHelpOptions = true)
final class AffinityCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "A dataset, NAME or NAMESPACE/NAME; or an object, NAME or NAMESPACE:NAME.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  AffinityCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      AffinityView affinity = NearData.affinity(client, gridset, names, namespace);
      switch (gridset.output()) {
        case JSON -> out.print(Documents.text(OutputFormat.JSON, affinity));
        case YAML -> out.print(Documents.text(OutputFormat.YAML, SchedulingHints.of(affinity)));
        case NAME -> affinity.nodes().forEach(held -> out.println("node/" + held.node()));
        case TABLE, WIDE -> table(affinity).print(out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private static Table table(AffinityView affinity) {
    Table table = Table.of("NODE", "HELD", "PERCENTAGE", "HERE");
    for (AffinityView.Held held : affinity.nodes()) {
      table.row(
          held.node(),
          new DataSize(held.heldBytes()).toString(),
          String.format(Locale.ROOT, "%.1f%%", held.percentage()),
          held.node().equals(affinity.here()) ? "yes" : "no");
    }
    return table;
  }
}
