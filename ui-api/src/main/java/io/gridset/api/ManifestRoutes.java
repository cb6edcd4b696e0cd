package io.gridset.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.MountView;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Manifests in, resources out.
final class ManifestRoutes {
  private final ControlPlane control;
  private final Mounts mounts;

  ManifestRoutes(ControlPlane control, Mounts mounts) {
    this.control = control;
    this.mounts = mounts;
  }

  List<Route> routes() {
    String resource = "/v1/resources/{plural}/{namespace}/{name}";
    return List.of(
        Route.post("/v1/manifests", this::apply),
        Route.get("/v1/resources/{plural}", this::list),
        Route.get(resource, this::get),
        Route.get(resource + "/events", this::events),
        Route.delete(resource, this::delete));
  }

  private void apply(Context context) throws Exception {
    String namespace =
        Optional.ofNullable(context.queryParam("namespace"))
            .filter(n -> !n.isEmpty())
            .orElse(DatasetName.DEFAULT_NAMESPACE);
    ApplyMode mode = RequestValues.flag(context, "dryRun") ? ApplyMode.DRY_RUN : ApplyMode.APPLY;
    Route.answer(context, control.apply(context.body(), namespace, mode));
  }

  private void list(Context context) throws IOException {
    Optional<String> namespace =
        Optional.ofNullable(context.queryParam("namespace")).filter(n -> !n.isEmpty());
    Route.answer(context, control.list(kind(context), namespace));
  }

  private void get(Context context) throws IOException {
    Route.answer(context, existing(kind(context), RequestValues.name(context)));
  }

  private void events(Context context) throws IOException {
    ResourceKind kind = kind(context);
    DatasetName name = RequestValues.name(context);
    existing(kind, name);
    Route.answer(context, control.events(kind, name));
  }

  private void delete(Context context) {
    ResourceKind kind = kind(context);
    DatasetName name = RequestValues.name(context);
    if (kind == ResourceKind.DATASET) {
      refuseIfMounted(name);
    }
    if (!control.delete(kind, name)) {
      throw missing(kind, name);
    }
    context.status(204);
  }

  /// As a volume claim that a pod uses protects a Dataset in a cluster.
  private void refuseIfMounted(DatasetName name) {
    List<String> places =
        mounts.list().stream()
            .filter(mount -> name.equals(mount.dataset()))
            .map(MountView::mountPoint)
            .toList();
    if (!places.isEmpty()) {
      throw new RefusedException(
          "Dataset "
              + name
              + " is mounted at "
              + String.join(", ", places)
              + "; run `gridset umount "
              + String.join(" ", places)
              + "` first");
    }
  }

  private JsonNode existing(ResourceKind kind, DatasetName name) {
    return control.get(kind, name).orElseThrow(() -> missing(kind, name));
  }

  private static RuntimeException missing(ResourceKind kind, DatasetName name) {
    return Problems.notFound(
        kind.plural() + " \"" + name.name() + "\" not found in namespace " + name.namespace());
  }

  private static ResourceKind kind(Context context) {
    String plural = context.pathParam("plural");
    return Arrays.stream(ResourceKind.values())
        .filter(kind -> kind.plural().equals(plural))
        .findFirst()
        .orElseThrow(
            () ->
                Problems.notFound(
                    "no kind of resource is called '"
                        + plural
                        + "'; there are "
                        + Arrays.stream(ResourceKind.values())
                            .map(ResourceKind::plural)
                            .collect(Collectors.joining(", "))));
  }
}
