package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.DatasetReconciler.Verdict;
import java.util.List;
import java.util.Optional;

/// Writes the status of a runtime, and tells its news. Pure.
final class RuntimeStatus {
  private RuntimeStatus() {}

  /// Of a runtime that has nothing to do yet, or must not.
  static void waiting(
      Observed observed, Outcome.Builder outcome, ObjectNode runtime, String message) {
    ObjectNode status = Json.of();
    for (String part : List.of("master", "worker", "fuse")) {
      part(status, part, 0, 0, 0);
      status.put(part + "Phase", "NotReady");
    }
    Conditions conditions = new Conditions(runtime, observed.now());
    if (conditions.add(Conditions.Condition.of("WorkersReady", false, "NotReady", message))) {
      outcome.events.add(
          new Outcome.Event(runtime, Outcome.Weight.WARNING, "ErrorProcessRuntime", message));
    }
    finish(outcome, runtime, status, conditions);
  }

  /// Of the one that serves its dataset.
  static void serving(
      Observed observed,
      Outcome.Builder outcome,
      RuntimeView runtime,
      Names names,
      Verdict verdict) {
    ObjectNode document = (ObjectNode) runtime.document();
    ObjectNode status = Json.of();
    // Nothing here needs a master: it is told as the whole is.
    int bound = verdict.isBound() ? 1 : 0;
    part(status, "master", bound, 1, 1);
    int ready = workers(observed, names, runtime, status);
    fuses(observed, names, status);
    Conditions conditions = new Conditions(document, observed.now());
    boolean all = ready >= runtime.replicas() && ready > 0;
    String message = ready + " of " + runtime.replicas() + " workers are ready";
    boolean news =
        conditions.add(
            Conditions.Condition.of(
                "WorkersReady", all, all ? "WorkersReady" : "NotReady", message));
    if (news && all) {
      outcome.events.add(
          new Outcome.Event(document, Outcome.Weight.NORMAL, "WorkersReady", message));
    }
    DatasetStatus.addIgnored(conditions, Documents.read(document).ignored());
    status.put("selector", names.selectorText("worker"));
    JsonNode cache = verdict.figures().path("cacheStates");
    if (verdict.isBound() && cache.isObject()) {
      status.set("cacheStates", cache.deepCopy());
    }
    finish(outcome, document, status, conditions);
  }

  private static int workers(
      Observed observed, Names names, RuntimeView runtime, ObjectNode status) {
    Optional<ObjectNode> set = observed.owned().find("StatefulSet", names.worker());
    int scheduled = set.map(found -> found.at("/status/replicas").asInt(0)).orElse(0);
    int ready = set.map(found -> found.at("/status/readyReplicas").asInt(0)).orElse(0);
    part(status, "worker", ready, runtime.replicas(), scheduled);
    status.put("workerNumberAvailable", ready);
    status.put("workerNumberUnavailable", Math.max(0, runtime.replicas() - ready));
    return ready;
  }

  /// Mounts are made where pods want them; where none does, nothing is missing.
  private static void fuses(Observed observed, Names names, ObjectNode status) {
    Optional<ObjectNode> set = observed.owned().find("DaemonSet", names.fuse());
    int desired = number(set, "/status/desiredNumberScheduled");
    int ready = number(set, "/status/numberReady");
    part(status, "fuse", ready, desired, number(set, "/status/currentNumberScheduled"));
    status.put("fusePhase", phase(ready, desired, set.isPresent() ? "Ready" : "NotReady"));
    status.put("fuseNumberAvailable", number(set, "/status/numberAvailable"));
    status.put("fuseNumberUnavailable", Math.max(0, desired - ready));
  }

  private static int number(Optional<ObjectNode> set, String pointer) {
    return set.map(found -> found.at(pointer).asInt(0)).orElse(0);
  }

  private static void part(ObjectNode status, String part, int ready, int desired, int current) {
    String capital = Character.toUpperCase(part.charAt(0)) + part.substring(1);
    status.put(part + "Phase", phase(ready, desired, "NotReady"));
    status.put(part + "NumberReady", ready);
    status.put("desired" + capital + "NumberScheduled", desired);
    status.put("current" + capital + "NumberScheduled", current);
  }

  private static String phase(int ready, int desired, String whenNoneIsWanted) {
    if (desired == 0) {
      return whenNoneIsWanted;
    }
    return ready == 0 ? "NotReady" : ready < desired ? "PartialReady" : "Ready";
  }

  private static void finish(
      Outcome.Builder outcome, ObjectNode runtime, ObjectNode status, Conditions conditions) {
    status.put("valueFile", "none"); // Fluid's has the values of a chart there, and requires it.
    status.set("observedGeneration", runtime.at("/metadata/generation"));
    status.set("conditions", conditions.written());
    outcome.status(runtime, status);
  }
}
