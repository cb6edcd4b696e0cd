package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Where an operation ran, as `status.nodeAffinity` tells it, and what the next one's pods make of
/// it (Fluid's `pkg/dataflow/affinity.go`, there behind a feature gate). Pure.
final class NodePreference {
  private static final String HOST = "kubernetes.io/hostname";
  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
  private static final List<String> LABELS =
      List.of(HOST, "topology.kubernetes.io/region", "topology.kubernetes.io/zone");

  /// Further labels of nodes, with commas: the name in Fluid's code, and that in its documents.
  private static final List<String> ANNOTATIONS =
      List.of("affinity.dataflow.fluid.io/labels", "data-operation.fluid.io/affinity.labels");

  private NodePreference() {}

  /// After a load: the nodes whose workers hold something, or all with workers while that is not
  /// known.
  static Optional<ObjectNode> ofWorkers(Observed observed) {
    Set<String> holding = new TreeSet<>();
    Set<String> all = new TreeSet<>();
    for (ObjectNode pod : observed.owned().pods("worker")) {
      Optional<String> node = Json.present(pod, "/spec/nodeName");
      node.ifPresent(all::add);
      if (observed.report().held().getOrDefault(Json.text(pod, "/metadata/name"), 0L) > 0) {
        node.ifPresent(holding::add);
      }
    }
    return of(observed, holding.isEmpty() ? all : holding, LABELS);
  }

  /// After a Job.
  static Optional<ObjectNode> ofPod(Observed observed, OperationView operation, JsonNode pod) {
    Set<String> labels = new LinkedHashSet<>(LABELS);
    for (JsonNode object : List.of(operation.document(), pod)) {
      for (String annotation : ANNOTATIONS) {
        String named = object.at("/metadata/annotations").path(annotation).asText("");
        for (String label : named.split(",")) {
          if (!label.isBlank()) {
            labels.add(label.strip());
          }
        }
      }
    }
    return of(observed, Json.present(pod, "/spec/nodeName").map(Set::of).orElse(Set.of()), labels);
  }

  private static Optional<ObjectNode> of(
      Observed observed, Set<String> nodes, Iterable<String> labels) {
    ArrayNode expressions = Json.list();
    for (String label : labels) {
      Set<String> values = new TreeSet<>();
      for (String node : nodes) {
        Map<String, String> borne = observed.owned().nodes().getOrDefault(node, Map.of());
        if (borne.containsKey(label)) {
          values.add(borne.get(label));
        }
      }
      if (!values.isEmpty()) {
        expressions.add(Json.of("key", label, "operator", "In", "values", List.copyOf(values)));
      }
    }
    return expressions.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Json.of(
                REQUIRED,
                Json.of("nodeSelectorTerms", Json.list(Json.of("matchExpressions", expressions)))));
  }

  /// A pod's affinity with what `runAfter.affinityStrategy` asks for.
  ///
  /// @param affinity the pod's own, or a missing node
  static JsonNode inherited(JsonNode affinity, JsonNode strategy, JsonNode before) {
    JsonNode terms = before.at("/status/nodeAffinity/" + REQUIRED + "/nodeSelectorTerms/0");
    return switch (strategy.path("policy").asText("")) {
      case "Require" -> require(affinity, terms, strategy.path("requires"));
      case "Prefer" -> prefer(affinity, terms, strategy.path("prefers"));
      default -> affinity;
    };
  }

  private static JsonNode require(JsonNode affinity, JsonNode terms, JsonNode requires) {
    List<JsonNode> added = new ArrayList<>();
    for (JsonNode wanted : requires.isEmpty() ? Json.list(Json.of("name", HOST)) : requires) {
      added.addAll(expressions(terms, wanted));
    }
    if (added.isEmpty()) {
      return affinity;
    }
    ObjectNode changed = copy(affinity);
    ObjectNode required = changed.withObject("/nodeAffinity/" + REQUIRED);
    if (!(required.get("nodeSelectorTerms") instanceof ArrayNode own) || own.isEmpty()) {
      required.set("nodeSelectorTerms", Json.list(Json.of("matchExpressions", added)));
      return changed;
    }
    // Terms are alternatives: each must hold it.
    for (JsonNode term : own) {
      if (term instanceof ObjectNode each) {
        added.forEach(each.withArray("matchExpressions")::add);
      }
    }
    return changed;
  }

  private static JsonNode prefer(JsonNode affinity, JsonNode terms, JsonNode prefers) {
    ObjectNode changed = copy(affinity);
    boolean any = false;
    for (JsonNode wanted :
        prefers.isEmpty() ? Json.list(Json.of("name", HOST, "weight", 100)) : prefers) {
      for (JsonNode expression : expressions(terms, wanted)) {
        changed
            .withObject("/nodeAffinity")
            .withArray(PREFERRED)
            .add(
                Json.of(
                    "weight",
                    Math.clamp(wanted.path("weight").asInt(100), 1, 100),
                    "preference",
                    Json.of("matchExpressions", Json.list(expression))));
        any = true;
      }
    }
    return any ? changed : affinity;
  }

  private static List<JsonNode> expressions(JsonNode terms, JsonNode wanted) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode expression : terms.path("matchExpressions")) {
      if (expression.path("key").asText().equals(wanted.path("name").asText())) {
        found.add(expression.deepCopy());
      }
    }
    return found;
  }

  private static ObjectNode copy(JsonNode affinity) {
    return affinity instanceof ObjectNode given ? given.deepCopy() : Json.of();
  }
}
