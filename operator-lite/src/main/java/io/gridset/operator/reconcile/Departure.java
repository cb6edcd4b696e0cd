package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// How datasets and runtimes go: held by finalizers, guarded while they are used, and let go when
/// all that was made for them is gone. Pure.
final class Departure {
  static final String DATASET = "fluid-dataset-controller-finalizer";

  private final Observed observed;
  private final Outcome.Builder outcome;

  Departure(Observed observed, Outcome.Builder outcome) {
    this.observed = observed;
    this.outcome = outcome;
  }

  static String finalizer(JsonNode runtime) {
    return RuntimeView.type(runtime) + "-runtime-controller-finalizer";
  }

  /// Gives an object a finalizer and owners where it has not got them.
  static void hold(
      ObjectNode object, String finalizer, List<ObjectNode> owners, Outcome.Builder outcome) {
    change(object, List.of(finalizer), owners, outcome);
  }

  /// Gives an object an owner, to go with it.
  static void own(ObjectNode object, ObjectNode owner, Outcome.Builder outcome) {
    change(object, List.of(), List.of(Ownership.reference(owner)), outcome);
  }

  private static void change(
      ObjectNode object, List<String> added, List<ObjectNode> owners, Outcome.Builder outcome) {
    List<String> finalizers = texts(object.at("/metadata/finalizers"));
    List<JsonNode> references = new ArrayList<>();
    object.at("/metadata/ownerReferences").forEach(references::add);
    boolean missing = !finalizers.containsAll(added);
    if (missing) {
      finalizers.addAll(added);
    }
    for (ObjectNode owner : owners) {
      boolean known =
          references.stream().anyMatch(other -> other.path("uid").equals(owner.path("uid")));
      if (!known) {
        references.removeIf(other -> other.path("kind").equals(owner.path("kind")));
        references.add(owner);
        missing = true;
      }
    }
    if (missing) {
      outcome.metadata.add(new Outcome.MetadataChange(object, finalizers, references));
    }
  }

  static void release(ObjectNode object, Outcome.Builder outcome) {
    List<String> finalizers = texts(object.at("/metadata/finalizers"));
    String ours = object.path("kind").asText().equals("Dataset") ? DATASET : finalizer(object);
    if (finalizers.remove(ours)) {
      List<JsonNode> references = new ArrayList<>();
      object.at("/metadata/ownerReferences").forEach(references::add);
      outcome.metadata.add(new Outcome.MetadataChange(object, finalizers, references));
    }
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /// @param bound datasets that refer to it and may; others must not hold its owner up
  void ofDataset(ObjectNode dataset, List<ObjectNode> bound) {
    List<String> referring =
        bound.stream()
            .filter(other -> !Observed.isGoing(other))
            .map(
                other ->
                    Json.text(other, "/metadata/namespace")
                        + "/"
                        + Json.text(other, "/metadata/name"))
            .toList();
    if (!observed.owned().users().isEmpty()) {
      guard(
          dataset,
          "DatasetInUse",
          "kept until the pods that use it end: " + String.join(", ", observed.owned().users()));
    } else if (!referring.isEmpty()) {
      guard(
          dataset,
          "DatasetReferred",
          "kept until the Datasets that refer to it are deleted: " + String.join(", ", referring));
    } else if (removeAll(observed, outcome)) {
      for (ObjectNode runtime : observed.runtimes()) {
        if (Observed.isGoing(runtime)) {
          release(runtime, outcome);
        } else {
          outcome.delete.add(runtime);
        }
      }
      if (observed.runtimes().isEmpty()) {
        release(dataset, outcome);
      }
    }
  }

  private void guard(ObjectNode dataset, String reason, String message) {
    outcome.again(DatasetReconciler.whileGuarded());
    JsonNode before = Conditions.find(dataset.at("/status/conditions"), "Deletable");
    if (before.path("message").asText().equals(message)) {
      return;
    }
    ObjectNode status = dataset.path("status").deepCopy();
    Conditions conditions = new Conditions(dataset, observed.now());
    for (JsonNode condition : dataset.at("/status/conditions")) {
      if (!condition.path("type").asText().equals("Deletable")) {
        conditions.written().add(condition.deepCopy());
      }
    }
    conditions.add(Conditions.Condition.of("Deletable", false, reason, message));
    status.set("conditions", conditions.written());
    outcome.status(dataset, status);
    outcome.events.add(new Outcome.Event(dataset, Outcome.Weight.WARNING, reason, message));
  }

  void ofRuntime(ObjectNode runtime) {
    if (removeAll(observed, outcome)) {
      release(runtime, outcome);
    }
  }

  /// Removes all that was made.
  ///
  /// @return whether it is gone
  static boolean removeAll(Observed observed, Outcome.Builder outcome) {
    for (ObjectNode object : observed.owned().objects()) {
      if (!isPod(object) && !isOfOperation(object) && !Observed.isGoing(object)) {
        outcome.delete.add(object);
      }
    }
    observed
        .owned()
        .nodes()
        .forEach(
            (node, labels) -> {
              labels.forEach(
                  (key, value) -> {
                    if (NodeLabels.isOf(key, value, observed)) {
                      outcome
                          .nodes
                          .computeIfAbsent(node, name -> new TreeMap<>())
                          .put(key, Optional.empty());
                    }
                  });
            });
    return observed.owned().objects().stream().allMatch(Departure::isOfOperation)
        && outcome.nodes.isEmpty();
  }

  private static boolean isPod(JsonNode object) {
    return object.path("kind").asText().equals("Pod");
  }

  /// What goes with its operation, which goes with its dataset.
  private static boolean isOfOperation(JsonNode object) {
    return object.path("metadata").path("labels").has(OperationNames.DATASET);
  }
}
