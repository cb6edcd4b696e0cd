package io.gridset.cli;

import io.gridset.client.GridsetClient;
import io.gridset.client.ObjectAttributesView;
import io.gridset.client.ObjectView;
import io.gridset.core.object.ObjectName;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `gridset objects put`.
@Command(
    name = "put",
    description = "Put an Arrow IPC file (uncompressed; not a stream) under a name.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset objects put x_train.arrow risk/2024/x_train",
      "  gridset objects put x.arrow x --ttl 3600 --label team=risk"
    },
    mixinStandardHelpOptions = true)
final class ObjectsPutCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Mixin private ObjectsCommand.Place place = new ObjectsCommand.Place();

  @Parameters(index = "0", paramLabel = "FILE", description = "The file.")
  private Path file = Path.of("");

  @Parameters(index = "1", paramLabel = "NAME", description = "The object's name.")
  private String name = "";

  @Option(names = "--persist", description = "Write it to the node's disk as well.")
  private boolean persist;

  @Option(names = "--replicas", paramLabel = "N", description = "Nodes that shall hold it.")
  private @Nullable Integer replicas;

  @Option(names = "--ttl", paramLabel = "SECONDS", description = "Delete it after so long.")
  private @Nullable Long timeToLive;

  @Option(names = "--label", paramLabel = "KEY=VALUE", description = "A label; any number.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(names = "--parent", paramLabel = "NAME", description = "What it was made from.")
  private List<String> parents = new ArrayList<>();

  ObjectsPutCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    ObjectName target = place.name(gridset, name);
    ObjectAttributesView attributes =
        new ObjectAttributesView(
            null, persist ? true : null, replicas, timeToLive, labels, parents, "gridset put");
    PrintWriter out = gridset.surroundings().out();
    try (GridsetClient client = gridset.client();
        InputStream content = Files.newInputStream(file)) {
      ObjectView object = client.putObject(target, attributes, content, Files.size(file));
      switch (gridset.output()) {
        case JSON, YAML -> out.print(Documents.text(gridset.output(), object));
        case NAME -> out.println(object.name());
        case TABLE, WIDE ->
            out.println(
                "object \""
                    + object.name()
                    + "\" put: "
                    + object.rows()
                    + " rows, "
                    + new DataSize(object.bytes()).display());
      }
      out.flush();
    }
    return ExitCode.OK;
  }
}
