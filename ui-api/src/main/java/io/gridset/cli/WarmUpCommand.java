package io.gridset.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.DatasetFigures;
import io.gridset.client.FilePage;
import io.gridset.client.LoadView;
import io.gridset.client.MountView;
import io.gridset.client.NodeView;
import io.gridset.client.WireJson;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.demo.Rehearsal;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset warm-up`, for the launcher alone: goes through what client commands do, without a node,
/// or through a node's start and restart, while Java records the classes of it in an ahead-of-time
/// cache.
@Command(
    name = "warm-up",
    hidden = true,
    description = "Used by the launcher when it makes its cache.")
final class WarmUpCommand implements Callable<Integer> {
  private static final String FIGURES = "\"cachedBytes\":1,\"capacityBytes\":1,\"originBytes\":1";

  private final GridsetCommand gridset;

  @Option(names = "--node", description = "What `up` does, instead of client commands.")
  private boolean node;

  WarmUpCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException {
    if (node) {
      Rehearsal.play(gridset.surroundings().clock());
    } else {
      client();
    }
    return ExitCode.OK;
  }

  private void client() throws IOException {
    var json = WireJson.mapper();
    String name = "\"dataset\":{\"namespace\":\"a\",\"name\":\"b\"}";
    List<Object> values =
        List.of(
            json.readValue("{" + name + "," + FIGURES + "}", DatasetFigures.class),
            json.readValue(
                "{\"entries\":[{\"path\":\"a\",\"modified\":\"2026-01-01T00:00:00Z\"}]}",
                FilePage.class),
            json.readValue(
                "{" + name + ",\"request\":{\"targets\":[]},\"progress\":{\"failures\":[]}}",
                LoadView.class),
            json.readValue("{" + name + "}", MountView.class),
            json.readValue(
                "{\"listening\":[],\"cache\":{\"tiers\":[]},\"members\":{\"members\":[]}}",
                NodeView.class));
    JsonNode resource =
        json.readTree("{\"metadata\":{\"creationTimestamp\":\"2026-01-01T00:00:00Z\"}}");
    new ResourceTable(
            ResourceKind.DATASET,
            ResourceTable.Width.WIDE,
            ResourceTable.Namespaces.ALL,
            gridset.surroundings().clock().instant())
        .of(List.of(resource))
        .print(gridset.surroundings().out());
    gridset.surroundings().out().print(Documents.text(OutputFormat.YAML, values));
    gridset.surroundings().out().print(Documents.text(OutputFormat.JSON, values));
    try (var client = gridset.client()) {
      client.node();
    } catch (IOException e) {
      gridset.surroundings().out().println(e.getMessage());
    }
  }
}
