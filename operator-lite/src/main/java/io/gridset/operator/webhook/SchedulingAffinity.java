package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.DatasetMount.Holder;
import io.gridset.operator.webhook.LocalityWeights.Weight;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Draws a pod to the nodes that hold its datasets, and one without datasets away from them. Where
/// it is known how much each node holds, the weight goes by that. Pure.
final class SchedulingAffinity {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String HOSTNAME = "kubernetes.io/hostname";
  private static final String REQUIRED = "required";
  private static final int REPEL_WEIGHT = 100;

  /// The fullest nodes that are named one by one: terms cost the scheduler time for every node.
  private static final int HOLDERS_MAX = 16;

  private final ObjectNode nodeAffinity;
  private final LocalityWeights weights;

  private SchedulingAffinity(PodDraft draft, LocalityWeights weights) {
    this.nodeAffinity =
        draft.spec().withObjectProperty("affinity").withObjectProperty("nodeAffinity");
    this.weights = weights;
  }

  static Outcome of(PodRequest request, PodClaims claims, LocalityWeights weights) {
    PodDraft draft = new PodDraft(request.pod());
    SchedulingAffinity affinity = new SchedulingAffinity(draft, weights);
    if (claims.datasets().isEmpty()) {
      affinity.prefer(REPEL_WEIGHT, expression("fluid.io/dataset-num", "DoesNotExist", List.of()));
      return new Outcome.Changed(draft.patch(), List.of());
    }
    JsonNode labels = request.pod().path("metadata").path("labels");
    for (PodClaims.Use use : claims.datasets()) {
      DatasetMount dataset = use.dataset();
      weights.preferred().forEach(weight -> affinity.prefer(weight, dataset));
      String wish = "fluid.io/dataset." + dataset.name().name() + ".sched";
      if (labels.path(wish).asText().equals(REQUIRED)) {
        affinity.require(dataset);
      }
      dataset
          .fuse()
          .nodeSelector()
          .forEach((key, value) -> affinity.require(expression(key, "In", List.of(value))));
      draft.eachMount(use.volume(), SchedulingAffinity::propagate);
    }
    if (affinity.nodeAffinity.isEmpty()) {
      draft.spec().set("affinity", request.pod().path("spec").get("affinity"));
    }
    return new Outcome.Changed(draft.patch(), List.of());
  }

  /// A mount that comes back after its server's death is then seen by the container.
  private static void propagate(ObjectNode mount) {
    if (!mount.has("mountPropagation")) {
      mount.put("mountPropagation", "HostToContainer");
    }
  }

  private void prefer(Weight weight, DatasetMount dataset) {
    switch (weight.name()) {
      case LocalityWeights.FUSE -> prefer(weight.weight(), labelled(dataset.fuseLabel()));
      case LocalityWeights.NODE -> {
        if (!preferHolders(weight.weight(), HOSTNAME, dataset)) {
          prefer(weight.weight(), labelled(dataset.workerLabel()));
        }
      }
      default -> {
        if (!preferHolders(weight.weight(), weight.name(), dataset)) {
          List<String> values = List.copyOf(byLabel(weight.name(), dataset).keySet());
          if (!values.isEmpty()) {
            prefer(weight.weight(), expression(weight.name(), "In", values));
          }
        }
      }
    }
  }

  /// A term for each value of the label, by the bytes that its nodes hold; false when nobody knows.
  private boolean preferHolders(int weight, String label, DatasetMount dataset) {
    if (dataset.holders().isEmpty()
        || dataset.holders().stream().anyMatch(holder -> holder.bytes() < 0)) {
      return false;
    }
    Map<String, Long> bytes = byLabel(label, dataset);
    long most = bytes.values().stream().mapToLong(Long::longValue).max().orElse(0);
    if (most == 0) {
      return false;
    }
    bytes.entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(HOLDERS_MAX)
        .forEach(
            entry ->
                prefer(
                    Math.max(
                        1, Math.toIntExact(Math.round((double) weight * entry.getValue() / most))),
                    expression(label, "In", List.of(entry.getKey()))));
    return true;
  }

  private static Map<String, Long> byLabel(String label, DatasetMount dataset) {
    Map<String, Long> bytes = new TreeMap<>();
    for (Holder holder : dataset.holders()) {
      String value = holder.labels().get(label);
      if (value != null) {
        bytes.merge(value, Math.max(0, holder.bytes()), Long::sum);
      }
    }
    return bytes;
  }

  private void require(DatasetMount dataset) {
    for (String name : weights.required()) {
      switch (name) {
        case LocalityWeights.FUSE -> require(labelled(dataset.fuseLabel()));
        case LocalityWeights.NODE -> require(labelled(dataset.workerLabel()));
        default -> require(expression(name, "In", List.copyOf(byLabel(name, dataset).keySet())));
      }
    }
  }

  private static ObjectNode labelled(String label) {
    return expression(label, "In", List.of("true"));
  }

  private static ObjectNode expression(String key, String operator, List<String> values) {
    ObjectNode expression = JSON.objectNode().put("key", key).put("operator", operator);
    if (!values.isEmpty()) {
      ArrayNode list = expression.putArray("values");
      values.forEach(list::add);
    }
    return expression;
  }

  private void prefer(int weight, ObjectNode expression) {
    ArrayNode terms =
        nodeAffinity.withArrayProperty("preferredDuringSchedulingIgnoredDuringExecution");
    ObjectNode term = JSON.objectNode().put("weight", weight);
    term.putObject("preference").putArray("matchExpressions").add(expression);
    addOnce(terms, term);
  }

  /// Terms are alternatives: each must ask for it.
  private void require(ObjectNode expression) {
    ArrayNode terms =
        nodeAffinity
            .withObjectProperty("requiredDuringSchedulingIgnoredDuringExecution")
            .withArrayProperty("nodeSelectorTerms");
    if (terms.isEmpty()) {
      terms.addObject();
    }
    for (JsonNode term : terms) {
      addOnce(((ObjectNode) term).withArrayProperty("matchExpressions"), expression);
    }
  }

  private static void addOnce(ArrayNode list, ObjectNode entry) {
    for (JsonNode existing : list) {
      if (existing.equals(entry)) {
        return;
      }
    }
    list.add(entry.deepCopy());
  }
}
