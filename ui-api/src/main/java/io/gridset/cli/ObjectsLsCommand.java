package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.ObjectAttributesView;
import io.gridset.client.ObjectView;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects ls`.
@Command(
    name = "ls",
    description = {
      "List the objects of a namespace.",
      "STATUS: Ready; Unreachable while no node that holds it is there; Lost when none can bring it"
          + " back (put it again, or delete the name)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset objects ls",
      "  gridset objects ls risk/2024/ -n research -o wide",
      "  gridset objects ls --lost -o name"
    },
    mixinStandardHelpOptions = true)
final class ObjectsLsCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PREFIX",
      description = "What names start with.")
  private String prefix = "";

  @Option(names = "--lost", description = "Only those that are lost.")
  private boolean lostOnly;

  ObjectsLsCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      List<ObjectView> objects = new ArrayList<>();
      String namespace = place.namespace(gridset);
      if (!lostOnly) {
        client.objects(namespace, prefix, objects::add);
      }
      client.lostObjects(namespace, prefix, objects::add);
      Map<String, String> nodes =
          gridset.output() == OutputFormat.WIDE ? nodeNames(client) : Map.of();
      objects.sort(Comparator.comparing(ObjectView::name));
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), objects));
        case NAME -> objects.forEach(object -> out.println(object.name()));
        case TABLE -> table(objects).print(out);
        case WIDE -> wide(objects, nodes).print(out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private Table table(List<ObjectView> objects) {
    Table table = new Table(titles());
    objects.forEach(object -> table.row(cells(object)));
    return table;
  }

  /// Names of nodes by their ids, by which `gridset run` and people know them.
  static Map<String, String> nodeNames(GridsetClient client) throws IOException {
    Map<String, String> names = new HashMap<>();
    client.nodes().forEach(node -> names.put(node.id(), node.name()));
    return names;
  }

  /// Names of the nodes that hold an object; of a lost one the last, in brackets.
  static String holders(ObjectView object, Map<String, String> nodes) {
    if (object.lostWith() != null) {
      return "(" + object.lostWith() + ")";
    }
    String names =
        object.holders().stream()
            .map(id -> nodes.getOrDefault(id, id))
            .sorted()
            .collect(Collectors.joining(","));
    return given(names);
  }

  private Table wide(List<ObjectView> objects, Map<String, String> nodes) {
    List<String> titles = titles();
    titles.addAll(List.of("NODES", "BATCHES", "EXPIRES", "PERSIST", "LABELS", "PRODUCER", "ID"));
    Table table = new Table(titles);
    for (ObjectView object : objects) {
      ObjectAttributesView attributes = object.attributes();
      List<String> cells = cells(object);
      cells.add(holders(object, nodes));
      cells.add(Integer.toString(object.batches()));
      cells.add(object.expires() == null ? "<never>" : "in " + until(object.expires()));
      cells.add(Boolean.TRUE.equals(attributes.persist()) ? "yes" : "no");
      cells.add(labels(attributes));
      cells.add(given(attributes.producer()));
      cells.add(object.id());
      table.row(cells);
    }
    return table;
  }

  private static List<String> titles() {
    return new ArrayList<>(
        List.of("NAME", "STATUS", "FORM", "ROWS", "SIZE", "HERE", "HOLDERS", "AGE"));
  }

  private List<String> cells(ObjectView object) {
    return new ArrayList<>(
        List.of(
            object.name(),
            status(object),
            given(object.attributes().form()),
            Long.toString(object.rows()),
            new DataSize(object.bytes()).display(),
            object.held() ? "yes" : "no",
            Integer.toString(object.holders().size()),
            Age.of(Duration.between(object.created(), now()))));
  }

  private static String status(ObjectView object) {
    if (object.lostWith() != null) {
      return "Lost";
    }
    return object.holders().isEmpty() ? "Unreachable" : "Ready";
  }

  static String labels(ObjectAttributesView attributes) {
    Map<String, String> labels = attributes.labels();
    return labels == null || labels.isEmpty()
        ? "<none>"
        : new TreeMap<>(labels)
            .entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(","));
  }

  static String given(@Nullable String text) {
    return text == null || text.isEmpty() ? "<none>" : text;
  }

  private String until(Instant moment) {
    return Age.of(Duration.between(now(), moment));
  }

  private Instant now() {
    return gridset.surroundings().clock().instant();
  }
}
