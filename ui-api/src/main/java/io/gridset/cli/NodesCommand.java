package io.gridset.cli;

import io.gridset.client.GridNodeView;
import io.gridset.client.GridsetClient;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `gridset nodes`.
@Command(
    name = "nodes",
    description = "Print the nodes of the grid.",
    footerHeading = "%nExamples:%n",
    footer = {"  gridset nodes -o wide", "  gridset nodes forget worker-3   # it never comes back"},
    mixinStandardHelpOptions = true)
final class NodesCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  NodesCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  /// `gridset nodes forget`.
  @Command(
      name = "forget",
      description =
          "Take a node that is gone for good off those that belong to the grid, so that it no longer"
              + " counts among those who must be seen for a change.",
      mixinStandardHelpOptions = true)
  int forget(@Parameters(paramLabel = "NAME", description = "Its name or id.") String name)
      throws IOException {
    try (GridsetClient client = gridset.client()) {
      client.forgetNode(name);
      gridset.surroundings().out().println("node \"" + name + "\" forgotten");
    }
    return ExitCode.OK;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      List<GridNodeView> nodes = client.nodes();
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), nodes));
        case NAME -> nodes.forEach(node -> out.println("node/" + node.name()));
        case TABLE -> table(nodes).print(out);
        case WIDE -> wide(nodes).print(out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private Table table(List<GridNodeView> nodes) {
    Table table = new Table(titles());
    nodes.forEach(node -> table.row(cells(node)));
    return table;
  }

  private static List<String> titles() {
    return new ArrayList<>(
        List.of("NAME", "ROLE", "STATE", "HEALTH", "CAPACITY", "CACHED", "DATA-ADDRESS", "AGE"));
  }

  private List<String> cells(GridNodeView node) {
    boolean gone = node.state() == GridNodeView.State.GONE;
    return new ArrayList<>(
        List.of(
            node.name(),
            word(node.role()),
            word(node.state()) + (gone ? " " + since(node.lastHeard()) : ""),
            gone ? "<unknown>" : health(node),
            node.capacityBytes() == 0 ? "<none>" : size(node.capacityBytes()),
            gone ? "<unknown>" : size(node.cachedBytes()),
            given(node.dataAddress()),
            gone ? "<unknown>" : since(node.started())));
  }

  private static String health(GridNodeView node) {
    return node.health().isEmpty()
        ? "OK"
        : node.health().size() + (node.health().size() == 1 ? " problem" : " problems");
  }

  private Table wide(List<GridNodeView> nodes) {
    List<String> titles = titles();
    titles.addAll(List.of("TIERS", "VERSION", "ID", "GRID-ADDRESS", "API", "PROBLEMS"));
    Table table = new Table(titles);
    for (GridNodeView node : nodes) {
      List<String> cells = cells(node);
      cells.add(
          node.tiers().isEmpty()
              ? "<none>"
              : node.tiers().stream()
                  .map(t -> t.medium() + " " + size(t.usedBytes()) + "/" + size(t.quotaBytes()))
                  .collect(Collectors.joining(",")));
      cells.add(given(node.version()));
      cells.add(node.id());
      cells.add(given(node.gridAddress()));
      cells.add(given(String.join(",", node.apiAddresses())));
      cells.add(given(String.join("; ", node.health())));
      table.row(cells);
    }
    return table;
  }

  private String since(@Nullable Instant moment) {
    return moment == null
        ? "<unknown>"
        : Age.of(Duration.between(moment, gridset.surroundings().clock().instant()));
  }

  private static String word(Enum<?> constant) {
    String text = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static String given(@Nullable String text) {
    return text == null || text.isEmpty() ? "<none>" : text;
  }

  private static String size(long bytes) {
    return new DataSize(bytes).toString();
  }
}
