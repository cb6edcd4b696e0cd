package io.gridset.api;

import io.javalin.http.Context;
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
        Route.delete("/v1/nodes/{name}", this::forget));
  }

  private void forget(Context context) {
    String name = context.pathParam("name");
    if (!grid.forget(name)) {
      throw Problems.notFound("no node \"" + name + "\" belongs to this grid");
    }
    context.status(204);
  }
}
