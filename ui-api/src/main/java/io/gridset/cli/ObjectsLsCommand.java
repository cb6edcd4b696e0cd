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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `gridset objects ls`.
@Command(
    name = "ls",
    description = "List the objects of a namespace.",
    footerHeading = "%nExamples:%n",
    footer = {"  gridset objects ls", "  gridset objects ls risk/2024/ -n research -o wide"},
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

  ObjectsLsCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      List<ObjectView> objects = new ArrayList<>();
      client.objects(place.namespace(gridset), prefix, objects::add);
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), objects));
        case NAME -> objects.forEach(object -> out.println(object.name()));
        case TABLE -> table(objects).print(out);
        case WIDE -> wide(objects).print(out);
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

  private Table wide(List<ObjectView> objects) {
    List<String> titles = titles();
    titles.addAll(List.of("BATCHES", "EXPIRES", "PERSIST", "LABELS", "PRODUCER", "ID"));
    Table table = new Table(titles);
    for (ObjectView object : objects) {
      ObjectAttributesView attributes = object.attributes();
      List<String> cells = cells(object);
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
    return new ArrayList<>(List.of("NAME", "FORM", "ROWS", "SIZE", "HERE", "HOLDERS", "AGE"));
  }

  private List<String> cells(ObjectView object) {
    return new ArrayList<>(
        List.of(
            object.name(),
            given(object.attributes().form()),
            Long.toString(object.rows()),
            new DataSize(object.bytes()).display(),
            object.held() ? "yes" : "no",
            Integer.toString(object.holders().size()),
            Age.of(Duration.between(object.created(), now()))));
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
