package io.gridset.api;

import io.gridset.client.MountRequest;
import io.gridset.client.WireJson;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Mounts: listed, made, undone.
final class MountRoutes {
  private final Mounts mounts;

  MountRoutes(Mounts mounts) {
    this.mounts = mounts;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/mounts", context -> Route.answer(context, mounts.list())),
        Route.post("/v1/mounts", this::mount),
        Route.delete("/v1/mounts", this::unmount));
  }

  private void mount(Context context) throws IOException {
    MountRequest asked = WireJson.mapper().readValue(context.bodyAsBytes(), MountRequest.class);
    MountRequest request = asked.at(absolute(asked.mountPoint()));
    Route.answer(context.status(201), mounts.mount(request));
  }

  private void unmount(Context context) throws IOException {
    mounts.unmount(absolute(RequestValues.required(context, "mountPoint")));
    context.status(204);
  }

  private static String absolute(String mountPoint) {
    Path path = Path.of(mountPoint);
    if (!path.isAbsolute()) {
      throw Problems.invalid("mountPoint '" + mountPoint + "' is not an absolute path");
    }
    return path.normalize().toString();
  }
}
