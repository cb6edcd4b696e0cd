package io.gridset.api;

import io.gridset.client.DatasetFigures;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Supplier;

/// The process itself, metrics, and this API's description.
final class NodeRoutes {
  private final NodeFacts node;
  private final Supplier<List<DatasetFigures>> figures;

  NodeRoutes(NodeFacts node, Supplier<List<DatasetFigures>> figures) {
    this.node = node;
    this.figures = figures;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/node", context -> Route.answer(context, node.describe())),
        Route.post("/v1/node/stop", this::stop),
        Route.get("/v1/metrics", this::metrics),
        Route.get("/v1/openapi.yaml", NodeRoutes::description));
  }

  private void stop(Context context) throws IOException {
    Disposal disposal =
        RequestValues.flag(context, "release") ? Disposal.DROP_BYTES : Disposal.KEEP_BYTES;
    context.status(202);
    // The answer must be out before the server goes.
    context.res().setContentLength(0);
    context.res().flushBuffer();
    node.stop(disposal);
  }

  private void metrics(Context context) {
    context
        .contentType(Exposition.CONTENT_TYPE)
        .result(Exposition.of(node.describe(), figures.get()));
  }

  private static void description(Context context) throws IOException {
    try (InputStream in = NodeRoutes.class.getResourceAsStream("/openapi.yaml")) {
      if (in == null) {
        throw new IOException("openapi.yaml is missing from this build");
      }
      context.contentType("application/yaml").result(in.readAllBytes());
    }
  }
}
