package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.manifest.MountSpec;
import io.gridset.operator.reconcile.DatasetReconciler.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Writes the status of a dataset, in Fluid's words, and tells its news. Pure.
final class DatasetStatus {
  /// Of which nothing is wrong: it takes its time.
  private static final Set<String> PATIENT =
      Set.of("Starting", "WorkersNotReady", "WorkersNotAsked", "Reconciling");

  private final Observed observed;
  private final Outcome.Builder outcome;

  DatasetStatus(Observed observed, Outcome.Builder outcome) {
    this.observed = observed;
    this.outcome = outcome;
  }

  void write(ObjectNode dataset, Verdict verdict, Optional<ObjectNode> runtime) {
    DatasetSpec spec = DatasetSpec.of(dataset);
    Conditions conditions = new Conditions(dataset, observed.now());
    boolean news =
        conditions.add(
            Conditions.Condition.of(
                "Ready", verdict.isBound(), verdict.reason(), verdict.message()));
    if (news && !PATIENT.contains(verdict.reason())) {
      outcome.events.add(
          new Outcome.Event(
              dataset,
              verdict.isBound() ? Outcome.Weight.NORMAL : Outcome.Weight.WARNING,
              verdict.reason(),
              verdict.message()));
    }
    if (spec.wantsWrites()) {
      conditions.add(
          Conditions.Condition.of(
              "Writable",
              false,
              "ReadOnly",
              "accessModes asks for writing; this version only reads"));
    }
    List<String> ignored =
        spec.reference().isPresent() ? List.of() : Documents.read(dataset).ignored();
    addIgnored(conditions, ignored);
    boolean shown = verdict.isBound() || verdict.phase().equals("Updating");
    ObjectNode status =
        Json.of(
            "phase", verdict.phase(),
            "conditions", conditions.written(),
            "observedGeneration", dataset.at("/metadata/generation"),
            "mounts", mounts(spec),
            "datasetRef", referring(),
            "operationRef", operations());
    if (shown) {
      for (String figure : List.of("ufsTotal", "fileNum", "cacheStates")) {
        JsonNode value = verdict.figures().path(figure);
        if (!value.isMissingNode()) {
          status.set(figure, value.deepCopy());
        }
      }
      status.set("runtimes", runtimes(verdict, runtime));
    }
    outcome.status(dataset, status);
  }

  static void addIgnored(Conditions conditions, List<String> ignored) {
    if (!ignored.isEmpty()) {
      conditions.add(
          Conditions.Condition.of(
              "FieldsIgnored",
              true,
              "KeptWithoutEffect",
              "accepted and kept, without effect here: " + String.join(", ", ignored)));
    }
  }

  private static JsonNode runtimes(Verdict verdict, Optional<ObjectNode> runtime) {
    if (runtime.isEmpty()) {
      JsonNode mirrored = verdict.figures().path("runtimes");
      return mirrored.isArray() ? mirrored.deepCopy() : Json.list();
    }
    return Json.list(
        Json.of(
            "name", runtime.get().at("/metadata/name"),
            "namespace", runtime.get().at("/metadata/namespace"),
            "category", "Accelerate",
            "type", RuntimeView.type(runtime.get()),
            "masterReplicas", 1));
  }

  private static ArrayNode mounts(DatasetSpec spec) {
    ArrayNode mounts = Json.list();
    for (MountSpec mount : spec.mounts()) {
      mounts.add(
          Json.of(
              "mountPoint", mount.mountPoint(),
              "name", mount.name(),
              "path", spec.reference().isPresent() ? "/" : mount.treePath()));
    }
    return mounts;
  }

  private List<String> referring() {
    List<String> names = new ArrayList<>();
    for (ObjectNode other : observed.referring()) {
      names.add(Json.text(other, "/metadata/namespace") + "/" + Json.text(other, "/metadata/name"));
    }
    names.sort(null);
    return names;
  }

  private Optional<ObjectNode> operations() {
    Map<String, String> running =
        observed.operations().own().stream()
            .map(OperationView::new)
            .filter(OperationView::isUnderWay)
            .sorted(Comparator.comparing(OperationView::name))
            .collect(
                Collectors.groupingBy(
                    OperationView::kind,
                    TreeMap::new,
                    Collectors.mapping(OperationView::name, Collectors.joining(","))));
    return running.isEmpty() ? Optional.empty() : Optional.of(object(running));
  }

  private static ObjectNode object(Map<String, String> texts) {
    ObjectNode object = Json.of();
    texts.forEach(object::put);
    return object;
  }
}
