package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.Conditions.Condition;
import io.gridset.operator.reconcile.OperationRun.Progress;
import io.gridset.operator.reconcile.Outcome.Weight;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Writes the status of data operations in Fluid's words, and tells their news. Pure.
final class OperationStatus {
  /// Somebody has to do something before it goes on.
  private static final Set<String> TROUBLE =
      Set.of("PrecedingOperationFailed", "DataOperationNotFound", "TargetDatasetNotFound");

  private final Observed observed;
  private final Outcome.Builder outcome;

  OperationStatus(Observed observed, Outcome.Builder outcome) {
    this.observed = observed;
    this.outcome = outcome;
  }

  /// What to say of an operation that does not run, or has failed before it could.
  record Verdict(String phase, String reason, String message) {
    static Verdict pending(String reason, String message) {
      return new Verdict("Pending", reason, message);
    }

    static Verdict failed(String reason, String message) {
      return new Verdict("Failed", reason, message);
    }

    boolean hasFailed() {
      return phase.equals("Failed");
    }
  }

  /// How far a run is.
  ///
  /// @param conditions the end's first, as Fluid has it
  /// @param more fields of the status
  record Report(
      String phase,
      String duration,
      List<Condition> conditions,
      Optional<Instant> ended,
      ObjectNode more) {
    boolean isComplete() {
      return phase.equals("Complete");
    }
  }

  /// Of an operation that waits or was refused.
  void say(OperationView operation, Optional<OperationRun> run, Verdict verdict) {
    Condition condition =
        Condition.of(
            verdict.hasFailed() ? "Failed" : "Waiting", true, verdict.reason(), verdict.message());
    ObjectNode status =
        begin(operation, run, new Conditions(operation.document(), observed.now()), condition);
    status.put("phase", verdict.phase());
    status.put("duration", verdict.hasFailed() ? "0s" : unfinished(operation));
    if (operation.runAfter().isPresent()) {
      status.withObject("/waitingFor").put("operationComplete", isWaiting(verdict));
    }
    outcome.status(operation.document(), status);
  }

  private static boolean isWaiting(Verdict verdict) {
    return Predecessors.REASONS.contains(verdict.reason());
  }

  private ObjectNode begin(
      OperationView operation,
      Optional<OperationRun> run,
      Conditions conditions,
      Condition condition) {
    if (conditions.add(condition)) {
      boolean bad = condition.type().equals("Failed") || TROUBLE.contains(condition.reason());
      tell(
          operation, bad ? Weight.WARNING : Weight.NORMAL, condition.reason(), condition.message());
    }
    addIgnored(operation, conditions);
    ObjectNode status = Json.of();
    status.set("conditions", conditions.written());
    carryOver(operation, run, status);
    return status;
  }

  private static void addIgnored(OperationView operation, Conditions conditions) {
    DatasetStatus.addIgnored(conditions, IgnoredFields.of(operation));
  }

  /// What one run hands on to the next.
  private static void carryOver(
      OperationView operation, Optional<OperationRun> run, ObjectNode status) {
    for (String field : List.of("lastScheduleTime", "lastSuccessfulTime", "infos")) {
      if (operation.status().hasNonNull(field)) {
        status.set(field, operation.status().path(field).deepCopy());
      }
    }
    status.put("observedGeneration", operation.document().at("/metadata/generation").asLong());
    run.flatMap(OperationRun::begun).ifPresent(time -> status.put("lastScheduleTime", text(time)));
    run.flatMap(OperationRun::event)
        .ifPresent(event -> status.withObject("/infos").put(RunPlanner.EVENT, event));
    if (status.path("observedGeneration").intValue()
        == status.path("observedGeneration").asLong()) {
      // As a parser reads it: trees are compared.
      status.put("observedGeneration", status.path("observedGeneration").intValue());
    }
  }

  /// Of a run that members or a Job have taken.
  void follow(OperationView operation, OperationRun run, Report report) {
    Conditions conditions = new Conditions(operation.document(), observed.now());
    for (Condition condition : report.conditions()) {
      boolean news = conditions.add(condition) || run.progress() == Progress.NEW;
      if (news && report.ended().isPresent()) {
        tell(
            operation,
            report.isComplete() ? Weight.NORMAL : Weight.WARNING,
            report.isComplete() ? "DataOperationSucceed" : "DataOperationFailed",
            condition.message());
      } else if (news) {
        tell(operation, Weight.NORMAL, condition.reason(), condition.message());
      }
    }
    addIgnored(operation, conditions);
    ObjectNode status = Json.of();
    status.set("conditions", conditions.written());
    carryOver(operation, Optional.of(run), status);
    status.put("phase", report.phase());
    status.put(
        "duration",
        report.duration().equals("Unfinished") ? unfinished(operation) : report.duration());
    if (operation.runAfter().isPresent()) {
      status.withObject("/waitingFor").put("operationComplete", false);
    }
    if (report.isComplete() && operation.policy() != OperationView.Policy.ONCE) {
      report.ended().ifPresent(time -> status.put("lastSuccessfulTime", text(time)));
    }
    status.setAll(report.more());
    outcome.status(operation.document(), status);
  }

  /// Fluid's word for a run that follows another.
  private static String unfinished(OperationView operation) {
    boolean hadRun = operation.status().hasNonNull("lastScheduleTime");
    return operation.policy() == OperationView.Policy.CRON && hadRun ? "-" : "Unfinished";
  }

  private void tell(OperationView operation, Weight weight, String reason, String message) {
    outcome.events.add(new Outcome.Event(operation.document(), weight, reason, message));
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /// Go's form of a duration in whole seconds: `45s`, `2m1s`, `1h0m3s`.
  static String duration(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    long hours = seconds / 3600;
    long minutes = seconds / 60 % 60;
    if (hours > 0) {
      return hours + "h" + minutes + "m" + seconds % 60 + "s";
    }
    return minutes > 0 ? minutes + "m" + seconds % 60 + "s" : seconds + "s";
  }

  /// The time at which a condition of an object of Kubernetes came to hold.
  static Instant since(JsonNode condition, Instant otherwise) {
    return Json.present(condition, "/lastTransitionTime").map(Instant::parse).orElse(otherwise);
  }
}
