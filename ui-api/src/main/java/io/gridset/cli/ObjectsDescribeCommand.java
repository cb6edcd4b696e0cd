package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.ObjectAttributesView;
import io.gridset.client.ObjectView;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `gridset objects describe`.
@Command(
    name = "describe",
    description = "Print all about an object: schema, size, labels, who made it and who holds it.",
    footerHeading = "%nExample:%n",
    footer = "  gridset objects describe risk/2024/x_train",
    mixinStandardHelpOptions = true)
final class ObjectsDescribeCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(index = "0", paramLabel = "NAME", description = "The object.")
  private String name = "";

  ObjectsDescribeCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      ObjectView object = client.object(place.name(gridset, name));
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), object));
        case NAME -> out.println(object.name());
        case TABLE, WIDE ->
            print(
                object, ObjectsLsCommand.holders(object, ObjectsLsCommand.nodeNames(client)), out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private static void print(ObjectView object, String holders, PrintWriter out) {
    ObjectAttributesView attributes = object.attributes();
    line(out, "Name", object.name());
    line(out, "Namespace", object.namespace());
    line(out, "Id", object.id());
    line(out, "Form", ObjectsLsCommand.given(attributes.form()));
    line(out, "Rows", object.rows() + " in " + object.batches() + " batches");
    line(out, "Size", object.bytes() + " (" + new DataSize(object.bytes()).display() + ")");
    line(out, "Created", object.created().toString());
    line(out, "Expires", object.expires() == null ? "<never>" : object.expires().toString());
    line(out, "Persist", Boolean.TRUE.equals(attributes.persist()) ? "yes" : "no");
    line(out, "Replicas", String.valueOf(attributes.replicas()));
    line(out, "Holders", holders);
    line(out, "Here", object.held() ? "yes" : "no");
    line(out, "Labels", ObjectsLsCommand.labels(attributes));
    line(out, "Producer", ObjectsLsCommand.given(attributes.producer()));
    line(out, "Parents", list(attributes.parents() == null ? List.of() : attributes.parents()));
    out.println("Schema:");
    object.schema().lines().forEach(field -> out.println("  " + field));
  }

  private static String list(List<String> texts) {
    return texts.isEmpty() ? "<none>" : String.join(", ", texts);
  }

  private static void line(PrintWriter out, String title, String value) {
    out.println((title + ":" + " ".repeat(11)).substring(0, 11) + value);
  }
}
