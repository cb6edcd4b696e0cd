package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DataLoadSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Decides about one DataLoad: the members run it, its status says how far they are. Pure.
final class LoadReconciler {
  private static final Duration LOOK_AT_RUNNING = Duration.ofSeconds(1);

  private final Observed observed;
  private final Outcome.Builder outcome;

  LoadReconciler(Observed observed, Outcome.Builder outcome) {
    this.observed = observed;
    this.outcome = outcome;
  }

  /// What to say of a load, if the members have nothing to do with it.
  private record Verdict(String phase, String reason, String message) {}

  /// @return what members shall hold of it; empty when that is nothing
  Optional<ObjectNode> reconcile(ObjectNode load) {
    if (Observed.isGoing(load)) {
      return Optional.empty();
    }
    observed
        .dataset()
        .filter(dataset -> !Observed.isGoing(dataset))
        .ifPresent(dataset -> Departure.own(load, dataset, outcome));
    if (isOver(load)) {
      expire(load);
      return Optional.empty();
    }
    Optional<Verdict> verdict = verdict(load);
    if (verdict.isPresent()) {
      say(load, verdict.get());
      return Optional.empty();
    }
    Optional<JsonNode> told = observed.report().status(load);
    if (told.isPresent()) {
      follow(load, told.get());
    } else {
      say(load, new Verdict("Pending", "RuntimeNotReady", "waiting for the workers to take it"));
    }
    return Optional.of(Documents.forMembers(load));
  }

  /// Whether it has ended, and was not changed since.
  static boolean isOver(JsonNode load) {
    JsonNode status = load.path("status");
    String phase = status.path("phase").asText();
    return (phase.equals("Complete") || phase.equals("Failed"))
        && status.path("observedGeneration").asLong() == load.at("/metadata/generation").asLong();
  }

  private void expire(ObjectNode load) {
    Optional<Duration> timeToLive = DataLoadSpec.of(load).timeToLive();
    String ended = Json.text(load, "/status/conditions/0/lastTransitionTime");
    if (timeToLive.isEmpty() || ended.isEmpty()) {
      return;
    }
    Duration left = Duration.between(observed.now(), Instant.parse(ended).plus(timeToLive.get()));
    if (left.isPositive()) {
      outcome.again(left);
    } else {
      outcome.delete.add(load);
    }
  }

  private Optional<Verdict> verdict(ObjectNode load) {
    Documents.Reading reading = Documents.read(load);
    if (!reading.problems().isEmpty()) {
      return failed("ErrorValidateSpecFields", String.join("; ", reading.problems()));
    }
    DataLoadSpec spec = DataLoadSpec.of(load);
    if (spec.policy() != DataLoadSpec.Policy.ONCE) {
      return Optional.of(
          new Verdict(
              "Pending",
              "PolicyNotActedOn",
              "spec.policy: only Once is acted on in this version; create a DataLoad for each run"));
    }
    DatasetName dataset = spec.dataset();
    if (!dataset.namespace().equals(observed.name().namespace())) {
      return failed(
          "TargetDatasetNamespaceNotSame",
          "spec.dataset.namespace: a DataLoad of namespace "
              + observed.name().namespace()
              + " cannot load the Dataset "
              + dataset);
    }
    if (observed.dataset().isEmpty()) {
      return Optional.of(
          new Verdict(
              "Pending",
              "TargetDatasetNotFound",
              "waiting for Dataset " + dataset + ", which does not exist"));
    }
    if (io.gridset.core.manifest.DatasetSpec.of(observed.dataset().get()).reference().isPresent()) {
      return failed(
          "DataOperationNotSupport",
          "Dataset " + dataset + " refers to another (dataset://); load that one");
    }
    return Optional.empty();
  }

  private static Optional<Verdict> failed(String reason, String message) {
    return Optional.of(new Verdict("Failed", reason, message));
  }

  private void say(ObjectNode load, Verdict verdict) {
    boolean failed = verdict.phase().equals("Failed");
    Conditions conditions = new Conditions(load, observed.now());
    boolean news =
        conditions.add(
            Conditions.Condition.of(
                failed ? "Failed" : "Waiting", true, verdict.reason(), verdict.message()));
    if (news) {
      outcome.events.add(
          new Outcome.Event(
              load,
              failed || verdict.reason().equals("PolicyNotActedOn")
                  ? Outcome.Weight.WARNING
                  : Outcome.Weight.NORMAL,
              verdict.reason(),
              verdict.message()));
    }
    outcome.status(
        load,
        Json.of(
            "phase", verdict.phase(),
            "duration", failed ? "0s" : "Unfinished",
            "conditions", conditions.written(),
            "observedGeneration", load.at("/metadata/generation")));
  }

  /// Members write Fluid's words already.
  private void follow(ObjectNode load, JsonNode told) {
    String phase = told.path("phase").asText("Pending");
    boolean over = phase.equals("Complete") || phase.equals("Failed");
    Conditions conditions = new Conditions(load, observed.now());
    for (JsonNode condition : told.path("conditions")) {
      boolean news =
          conditions.add(
              new Conditions.Condition(
                  condition.path("type").asText(),
                  condition.path("status").asText(),
                  condition.path("reason").asText(),
                  condition.path("message").asText()));
      if (news && over) {
        boolean complete = phase.equals("Complete");
        outcome.events.add(
            new Outcome.Event(
                load,
                complete ? Outcome.Weight.NORMAL : Outcome.Weight.WARNING,
                complete ? "DataOperationSucceed" : "DataOperationFailed",
                condition.path("message").asText()));
      }
    }
    if (!over) {
      outcome.again(LOOK_AT_RUNNING);
    }
    outcome.status(
        load,
        Json.of(
            "phase", phase,
            "duration", told.path("duration").asText("Unfinished"),
            "conditions", conditions.written(),
            "progress", told.path("progress"),
            "observedGeneration", load.at("/metadata/generation")));
  }
}
