package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.Conditions.Condition;
import io.gridset.operator.reconcile.OperationStatus.Report;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Brings one run of a DataLoad to its end: the members do it, its status says how far they are.
/// Pure.
final class LoadReconciler {
  private static final Duration LOOK_AT_RUNNING = Duration.ofSeconds(1);

  private final Observed observed;
  private final OperationStatus status;
  private final Outcome.Builder outcome;

  LoadReconciler(Observed observed, OperationStatus status, Outcome.Builder outcome) {
    this.observed = observed;
    this.status = status;
    this.outcome = outcome;
  }

  /// @return what members shall hold of it
  Optional<ObjectNode> run(OperationView load, OperationRun run) {
    Optional<JsonNode> told = observed.report().status(load.kind(), run.source());
    if (told.isPresent()) {
      follow(load, run, told.get());
    } else {
      status.say(
          load,
          Optional.of(run),
          Verdict.pending("RuntimeNotReady", "waiting for the workers to take it"));
    }
    return Optional.of(Documents.forMembers(load.document(), run.source()));
  }

  /// Members write Fluid's words already.
  private void follow(OperationView load, OperationRun run, JsonNode told) {
    String phase = told.path("phase").asText("Pending");
    boolean over = phase.equals("Complete") || phase.equals("Failed");
    List<Condition> conditions = new ArrayList<>();
    for (JsonNode condition : told.path("conditions")) {
      conditions.add(
          new Condition(
              condition.path("type").asText(),
              condition.path("status").asText(),
              condition.path("reason").asText(),
              condition.path("message").asText()));
    }
    if (!over) {
      outcome.again(LOOK_AT_RUNNING);
    }
    ObjectNode more = Json.of("progress", told.path("progress"));
    if (phase.equals("Complete")) {
      NodePreference.ofWorkers(observed).ifPresent(nodes -> more.set("nodeAffinity", nodes));
    }
    Optional<Instant> ended =
        over
            ? Optional.of(OperationStatus.since(told.at("/conditions/0"), observed.now()))
            : Optional.empty();
    status.follow(
        load,
        run,
        new Report(phase, told.path("duration").asText("Unfinished"), conditions, ended, more));
  }
}
