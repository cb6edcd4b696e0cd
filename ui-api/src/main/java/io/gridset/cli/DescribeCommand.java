package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset describe`.
@Command(
    name = "describe",
    description =
        "Print all about one resource: spec, status, conditions, and what happened to it.",
    footerHeading = "%nExample:%n",
    footer = "  gridset describe dataset serverless-data",
    mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Parameters(index = "0", paramLabel = "KIND", description = "As for get.")
  private String kind = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "The resource.")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace (default: default).")
  private @Nullable String namespace;

  DescribeCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    ResourceKind wanted = Kinds.parse(kind);
    DatasetName resourceName = gridset.dataset(name, namespace);
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client()) {
      JsonNode resource = client.resource(wanted, resourceName);
      List<JsonNode> events = client.events(wanted, resourceName);
      OutputFormat format = gridset.output();
      if (format == OutputFormat.JSON || format == OutputFormat.YAML) {
        if (resource instanceof ObjectNode object) {
          object.putArray("events").addAll(events);
        }
        out.print(Documents.text(format, resource));
      } else {
        print(resource, events, out);
      }
      out.flush();
    }
    return ExitCode.OK;
  }

  private void print(JsonNode resource, List<JsonNode> events, PrintWriter out) {
    out.printf("Name:         %s%n", resource.at("/metadata/name").asText());
    out.printf("Namespace:    %s%n", resource.at("/metadata/namespace").asText());
    out.printf("API Version:  %s%n", resource.path("apiVersion").asText());
    out.printf("Kind:         %s%n", resource.path("kind").asText());
    for (String part : List.of("spec", "status")) {
      if (resource.has(part)) {
        out.println(Character.toUpperCase(part.charAt(0)) + part.substring(1) + ":");
        Documents.text(OutputFormat.YAML, resource.path(part))
            .lines()
            .forEach(line -> out.println("  " + line));
      }
    }
    if (events.isEmpty()) {
      out.println("Events:       <none>");
      return;
    }
    out.println("Events:");
    Table table = Table.of("  Type", "Reason", "Age", "Message");
    for (JsonNode event : events) {
      table.row(
          "  " + event.path("type").asText(),
          event.path("reason").asText(),
          age(event.path("time").asText()),
          event.path("message").asText());
    }
    table.print(out);
  }

  private String age(String time) {
    try {
      return Age.of(
          Duration.between(Instant.parse(time), gridset.surroundings().clock().instant()));
    } catch (DateTimeParseException _) {
      return "<unknown>";
    }
  }
}
