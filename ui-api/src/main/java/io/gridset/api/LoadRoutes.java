package io.gridset.api;

import io.gridset.client.WireJson;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.dataset.LoadRequest;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Loads: started, watched, cancelled.
final class LoadRoutes {
  private final DatasetHost host;
  private final LoadRegistry registry;

  LoadRoutes(DatasetHost host, InstantSource clock) {
    this.host = host;
    this.registry = new LoadRegistry(clock);
  }

  List<Route> routes() {
    return List.of(
        Route.post("/v1/datasets/{namespace}/{name}/loads", this::start),
        Route.get("/v1/loads", context -> Route.answer(context, registry.list())),
        Route.get("/v1/loads/{id}", this::get),
        Route.delete("/v1/loads/{id}", this::cancel));
  }

  private void start(Context context) throws IOException {
    DatasetName dataset = RequestValues.name(context);
    LoadRequest asked = WireJson.mapper().readValue(context.bodyAsBytes(), LoadRequest.class);
    LoadRequest request =
        new LoadRequest(
            asked.targets().stream().map(RequestValues::path).toList(),
            asked.mode(),
            asked.refreshMetadata(),
            options(asked.options()));
    registry.makeRoom();
    Route.answer(context.status(201), registry.add(dataset, request, host.load(dataset, request)));
  }

  private static LoadOptions options(LoadOptions asked) {
    Map<String, Integer> replicas = new HashMap<>();
    asked.targetReplicas().forEach((path, count) -> replicas.put(RequestValues.path(path), count));
    return new LoadOptions(asked.replicas(), replicas, asked.bytesPerSecond());
  }

  private void get(Context context) throws IOException {
    String id = context.pathParam("id");
    Route.answer(context, registry.find(id).orElseThrow(() -> missing(id)));
  }

  private void cancel(Context context) {
    String id = context.pathParam("id");
    if (!registry.cancel(id)) {
      throw missing(id);
    }
    context.status(204);
  }

  private static RuntimeException missing(String id) {
    return Problems.notFound("no load " + id + " is known here");
  }
}
