package io.gridset.api;

import io.gridset.client.DrainView;
import io.gridset.core.dataset.DatasetName;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// The nodes of the grid: listed, forgotten.
final class GridRoutes {
  private final Grid grid;

  GridRoutes(Grid grid) {
    this.grid = grid;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/nodes", context -> Route.answer(context, grid.nodes())),
        Route.delete("/v1/nodes/{name}", this::forget),
        Route.get("/v1/datasets/{namespace}/{name}/affinity", this::affinity),
        Route.post("/v1/node/drain", this::startDrain),
        Route.delete("/v1/node/drain", this::undoDrain),
        Route.get("/v1/node/drain", this::drain));
  }

  private void affinity(Context context) throws IOException {
    DatasetName name = RequestValues.name(context);
    Route.answer(
        context,
        grid.affinity(name)
            .orElseThrow(() -> Problems.notFound("dataset " + name + " is not running here")));
  }

  private void startDrain(Context context) throws IOException {
    String seconds = RequestValues.required(context, "timeoutSeconds");
    if (!seconds.matches("[0-9]{1,5}")) {
      throw Problems.invalid("timeoutSeconds must be 0 to 99999, not '" + seconds + "'");
    }
    DrainView drain = grid.startDrain(Duration.ofSeconds(Long.parseLong(seconds)));
    context.status(202);
    Route.answer(context, drain);
  }

  private void undoDrain(Context context) {
    grid.undoDrain();
    context.status(204);
  }

  private void drain(Context context) throws IOException {
    Route.answer(
        context,
        grid.drain()
            .orElseThrow(() -> Problems.notFound("this node has not been told to hand over")));
  }

  private void forget(Context context) {
    String name = context.pathParam("name");
    if (!grid.forget(name)) {
      throw Problems.notFound("no node \"" + name + "\" belongs to this grid");
    }
    context.status(204);
  }
}
