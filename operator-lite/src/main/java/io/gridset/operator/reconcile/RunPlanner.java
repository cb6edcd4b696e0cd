package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.operator.reconcile.OperationRun.Progress;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/// Decides which run of an operation is to be, by its policy. Pure.
///
/// Cron: each time of the schedule is a run; one that falls due while another runs begins after it,
/// and of several that were missed only the last. OnEvent: a run when the dataset is first bound,
/// and whenever its manifest changes or its origin has other bytes or other files.
final class RunPlanner {
  /// In `status.infos`: the event that the last run was about.
  static final String EVENT = "event";

  private final Observed observed;

  RunPlanner(Observed observed) {
    this.observed = observed;
  }

  /// What to do.
  sealed interface Plan {
    /// This run is to be brought to its end.
    record Due(OperationRun run) implements Plan {}

    /// Nothing now.
    ///
    /// @param verdict what to say; empty when its status stands
    /// @param at when to look again; empty when an event tells
    record Later(Optional<Verdict> verdict, Optional<Instant> at) implements Plan {}

    /// It has ended for good.
    record Over() implements Plan {}
  }

  Plan plan(OperationView operation) {
    return switch (operation.policy()) {
      case ONCE ->
          operation.isOver() ? new Plan.Over() : new Plan.Due(OperationRun.once(operation));
      case CRON -> cron(operation);
      case ON_EVENT -> onEvent(operation);
    };
  }

  private static boolean isRunning(OperationView operation) {
    return operation.phase().equals("Pending") || operation.isUnderWay();
  }

  private Plan cron(OperationView operation) {
    CronSchedule schedule;
    try {
      schedule = CronSchedule.parse(operation.spec().path("schedule").asText(""));
    } catch (IllegalArgumentException e) {
      return new Plan.Later(
          Optional.of(
              new Verdict("Failed", "ErrorValidateSpecFields", "spec.schedule: " + e.getMessage())),
          Optional.empty());
    }
    Optional<Instant> last = time(operation, "lastScheduleTime");
    if (last.isPresent() && isRunning(operation)) {
      return new Plan.Due(OperationRun.at(operation, last.get(), Progress.KNOWN));
    }
    Instant base =
        last.orElseGet(
            () -> Instant.parse(Json.text(operation.document(), "/metadata/creationTimestamp")));
    Optional<Instant> due = schedule.latest(base, observed.now());
    if (due.isPresent()) {
      return new Plan.Due(OperationRun.at(operation, due.get(), Progress.NEW));
    }
    Optional<Instant> next = schedule.next(observed.now());
    return new Plan.Later(
        last.isPresent()
            ? Optional.empty()
            : next.map(time -> new Verdict("Pending", "Scheduled", "the first run is at " + time)),
        next);
  }

  private Plan onEvent(OperationView operation) {
    Optional<String> last = Json.present(operation.status(), "/infos/" + EVENT);
    if (last.isPresent() && isRunning(operation)) {
      Instant begun = time(operation, "lastScheduleTime").orElse(observed.now());
      return new Plan.Due(OperationRun.of(operation, last.get(), begun, Progress.KNOWN));
    }
    Optional<String> event = event();
    if (event.isPresent() && !event.equals(last)) {
      Instant now = observed.now().truncatedTo(ChronoUnit.SECONDS);
      return new Plan.Due(OperationRun.of(operation, event.get(), now, Progress.NEW));
    }
    return new Plan.Later(
        last.isPresent()
            ? Optional.empty()
            : Optional.of(
                new Verdict(
                    "Pending",
                    "RuntimeNotReady",
                    "waiting for Dataset " + observed.name() + " to be Bound and counted")),
        Optional.empty());
  }

  /// The dataset as it is: another manifest, or other bytes or files at its origin, is an event.
  private Optional<String> event() {
    JsonNode dataset = observed.dataset().map(JsonNode.class::cast).orElse(Json.of());
    return observed
        .report()
        .origin()
        .filter(_ -> Json.text(dataset, "/status/phase").equals("Bound"))
        .map(origin -> "g" + dataset.at("/metadata/generation").asLong() + "-" + origin);
  }

  private static Optional<Instant> time(OperationView operation, String field) {
    return Json.present(operation.status(), "/" + field).map(Instant::parse);
  }
}
