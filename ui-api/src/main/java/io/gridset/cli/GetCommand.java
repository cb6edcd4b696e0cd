package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset get`.
@Command(
    name = "get",
    description = "Print resources in kubectl's columns.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset get dataset",
      "  gridset get jindo -A -o wide",
      "  gridset get dataload warmup -o yaml",
      "  gridset get dataset -w"
    },
    mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  private final GridsetCommand gridset;

  @Parameters(
      index = "0",
      paramLabel = "KIND",
      description = "dataset, jindo, alluxio, juicefs, grid, dataload, secret ...")
  private String kind = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "One resource only.")
  private @Nullable String name;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "Resources of all namespaces.")
  private boolean allNamespaces;

  @Option(
      names = {"-w", "--watch"},
      description = "Print again what changes, until interrupted.")
  private boolean watch;

  GetCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    int slash = kind.indexOf('/');
    if (slash > 0 && name == null) {
      name = kind.substring(slash + 1);
      kind = kind.substring(0, slash);
    }
    ResourceKind wanted = Kinds.parse(kind);
    if (name != null && allNamespaces) {
      throw CommandFailure.usage("a resource of a name is in one namespace: leave out -A or NAME");
    }
    try (GridsetClient client = gridset.client()) {
      List<JsonNode> found = find(client, wanted);
      print(wanted, found);
      while (watch) {
        gridset.surroundings().pause().between(BETWEEN_LOOKS);
        List<JsonNode> now = find(client, wanted);
        List<JsonNode> before = found;
        List<String> lines = table(wanted, now).lines();
        for (int i = 0; i < now.size(); i++) {
          if (!before.contains(now.get(i))) {
            gridset.surroundings().out().println(lines.get(i + 1));
          }
        }
        found = now;
      }
    }
    return ExitCode.OK;
  }

  private List<JsonNode> find(GridsetClient client, ResourceKind wanted) throws IOException {
    if (name != null) {
      return List.of(client.resource(wanted, new DatasetName(gridset.namespace(namespace), name)));
    }
    return client.list(
        wanted, allNamespaces ? Optional.empty() : Optional.of(gridset.namespace(namespace)));
  }

  private Table table(ResourceKind wanted, List<JsonNode> found) {
    return new ResourceTable(
            wanted,
            gridset.output() == OutputFormat.WIDE
                ? ResourceTable.Width.WIDE
                : ResourceTable.Width.NORMAL,
            allNamespaces ? ResourceTable.Namespaces.ALL : ResourceTable.Namespaces.ONE,
            gridset.surroundings().clock().instant())
        .of(found);
  }

  private void print(ResourceKind wanted, List<JsonNode> found) {
    PrintWriter out = gridset.surroundings().out();
    switch (gridset.output()) {
      case TABLE, WIDE -> {
        if (found.isEmpty()) {
          gridset
              .surroundings()
              .err()
              .println(
                  allNamespaces
                      ? "No resources found"
                      : "No resources found in " + gridset.namespace(namespace) + " namespace.");
        } else {
          table(wanted, found).print(out);
        }
      }
      case JSON, YAML -> {
        Object value = name == null ? Documents.list(found) : found.getFirst();
        out.print(Documents.text(gridset.output(), value));
        out.flush();
      }
      case NAME ->
          found.forEach(
              resource ->
                  out.println(
                      Kinds.qualified(wanted.kind(), resource.at("/metadata/name").asText())));
    }
  }
}
