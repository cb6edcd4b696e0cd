package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.Set;

/// Where workers may run: by the dataset's placement (Fluid's `pkg/ctrl/affinity.go`), its node
/// affinity and tolerations, and the runtime's. Pure.
final class PodPlacement {
  private static final int PREFERENCE = 50;
  private static final String HOST = "kubernetes.io/hostname";

  private PodPlacement() {}

  static String placement(JsonNode dataset) {
    return dataset.at("/spec/placement").asText().equals("Shared") ? "Shared" : "Exclusive";
  }

  /// The worker's own affinity, which only a GridRuntime can name, goes before the dataset's.
  static ObjectNode affinity(JsonNode dataset, JsonNode worker) {
    ObjectNode affinity =
        worker.get("affinity") instanceof ObjectNode given ? given.deepCopy() : Json.of();
    JsonNode required = dataset.at("/spec/nodeAffinity/required");
    if (required.isObject() && !affinity.has("nodeAffinity")) {
      affinity.set(
          "nodeAffinity", Json.of("requiredDuringSchedulingIgnoredDuringExecution", required));
    }
    if (!affinity.has("podAntiAffinity")) {
      affinity.set("podAntiAffinity", antiAffinity(placement(dataset)));
    }
    return affinity;
  }

  private static ObjectNode antiAffinity(String placement) {
    ObjectNode anyDataset = term(Json.of("key", "fluid.io/dataset", "operator", "Exists"));
    if (placement.equals("Exclusive")) {
      return Json.of("requiredDuringSchedulingIgnoredDuringExecution", Json.list(anyDataset));
    }
    return Json.of(
        "requiredDuringSchedulingIgnoredDuringExecution",
        Json.list(
            term(
                Json.of(
                    "key", "fluid.io/dataset-placement",
                    "operator", "In",
                    "values", Json.list("Exclusive")))),
        "preferredDuringSchedulingIgnoredDuringExecution",
        Json.list(Json.of("weight", PREFERENCE, "podAffinityTerm", anyDataset)));
  }

  private static ObjectNode term(ObjectNode expression) {
    return Json.of(
        "labelSelector", Json.of("matchExpressions", Json.list(expression)), "topologyKey", HOST);
  }

  static JsonNode tolerations(JsonNode dataset, JsonNode part) {
    return joined(dataset.at("/spec/tolerations"), part.path("tolerations"));
  }

  static JsonNode pullSecrets(JsonNode runtime, JsonNode part) {
    return joined(runtime.at("/spec/imagePullSecrets"), part.path("imagePullSecrets"));
  }

  /// Missing when both are empty, so that the field is left out.
  private static JsonNode joined(JsonNode first, JsonNode second) {
    Set<JsonNode> all = new LinkedHashSet<>();
    first.forEach(all::add);
    second.forEach(all::add);
    ArrayNode list = Json.listOf(all);
    return list.isEmpty() ? list.path("absent") : list;
  }
}
