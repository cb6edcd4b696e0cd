package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.Conditions.Condition;
import io.gridset.operator.reconcile.OperationStatus.Report;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Brings one run of an operation to its end by a Job: makes it once, and tells what becomes of it
/// and of its pods. A Job of another run goes first. Pure.
final class JobFollower {
  /// For which a pod waits without anything being wrong.
  private static final Set<String> PATIENT = Set.of("ContainerCreating", "PodInitializing");

  private final Observed observed;
  private final OperationStatus status;
  private final Outcome.Builder outcome;

  JobFollower(Observed observed, OperationStatus status, Outcome.Builder outcome) {
    this.observed = observed;
    this.status = status;
    this.outcome = outcome;
  }

  /// @param job its name
  /// @param wanted what to make for this run, the Job last
  void run(
      OperationView operation, OperationRun run, String job, Supplier<List<ObjectNode>> wanted) {
    Optional<ObjectNode> present = observed.owned().find("Job", job);
    if (present.isPresent() && !isOf(present.get(), operation, run)) {
      if (!Observed.isGoing(present.get())) {
        outcome.delete.add(present.get());
      }
      status.say(
          operation,
          Optional.of(run),
          Verdict.pending("JobGoing", "waiting for the Job of an earlier run to go"));
      return;
    }
    String refused = observed.owned().refused().getOrDefault("Job/" + job + "@" + run.source(), "");
    if (present.isEmpty() && !refused.isEmpty()) {
      status.say(
          operation, Optional.of(run), Verdict.failed("DataOperationExecutionFailed", refused));
      return;
    }
    if (present.isEmpty()) {
      outcome.apply.addAll(wanted.get());
      status.follow(operation, run, executing(List.of()));
      return;
    }
    follow(operation, run, present.get());
  }

  private static boolean isOf(JsonNode job, OperationView operation, OperationRun run) {
    return GridReport.annotation(job).equals(run.source())
        && Ownership.isOwner(operation.document(), job);
  }

  private static Report executing(List<Condition> conditions) {
    return new Report("Executing", "Unfinished", conditions, Optional.empty(), Json.of());
  }

  private void follow(OperationView operation, OperationRun run, ObjectNode job) {
    JsonNode complete = Conditions.find(job.at("/status/conditions"), "Complete");
    JsonNode failed = Conditions.find(job.at("/status/conditions"), "Failed");
    if (complete.path("status").asText().equals("True")) {
      ObjectNode more = Json.of();
      pods(job)
          .filter(pod -> Json.text(pod, "/status/phase").equals("Succeeded"))
          .findFirst()
          .flatMap(pod -> NodePreference.ofPod(observed, operation, pod))
          .ifPresent(nodes -> more.set("nodeAffinity", nodes));
      status.follow(
          operation,
          run,
          ended(
              job,
              complete,
              Condition.of(
                  "Complete", true, "JobComplete", "the Job " + name(job) + " is complete"),
              more));
    } else if (failed.path("status").asText().equals("True")) {
      String reason = failed.path("reason").asText("");
      String message =
          Stream.of(lastEnd(job), failed.path("message").asText(""))
              .filter(text -> !text.isEmpty())
              .reduce((left, right) -> left + "; " + right)
              .orElse("the Job " + name(job) + " failed");
      status.follow(
          operation,
          run,
          ended(
              job,
              failed,
              Condition.of("Failed", true, reason.isEmpty() ? "JobFailed" : reason, message),
              Json.of()));
    } else {
      status.follow(operation, run, executing(trouble(job).stream().toList()));
    }
  }

  private Report ended(JsonNode job, JsonNode condition, Condition told, ObjectNode more) {
    Instant begun = Instant.parse(Json.text(job, "/metadata/creationTimestamp"));
    Instant end = OperationStatus.since(condition, observed.now());
    String duration = OperationStatus.duration(Duration.between(begun, end));
    return new Report(told.type(), duration, List.of(told), Optional.of(end), more);
  }

  private static String name(JsonNode job) {
    return Json.text(job, "/metadata/name");
  }

  /// The newest first.
  private Stream<ObjectNode> pods(JsonNode job) {
    return observed.owned().objects().stream()
        .filter(object -> object.path("kind").asText().equals("Pod"))
        .filter(pod -> Ownership.isOwner(job, pod))
        .sorted(
            Comparator.<ObjectNode, String>comparing(
                    pod -> Json.text(pod, "/metadata/creationTimestamp"))
                .thenComparing(pod -> Json.text(pod, "/metadata/name"))
                .reversed());
  }

  private static Stream<JsonNode> containers(JsonNode pod) {
    return Stream.of("initContainerStatuses", "containerStatuses")
        .flatMap(
            field -> StreamSupport.stream(pod.path("status").path(field).spliterator(), false));
  }

  /// Why the last container ended that did not end well; empty when no pod tells.
  private String lastEnd(JsonNode job) {
    return pods(job)
        .flatMap(
            pod ->
                containers(pod)
                    .flatMap(
                        container ->
                            Stream.of(
                                    container.at("/state/terminated"),
                                    container.at("/lastState/terminated"))
                                .filter(end -> end.path("exitCode").asInt(0) != 0)
                                .map(end -> end(pod, container, end))))
        .findFirst()
        .or(
            () ->
                pods(job).map(JobFollower::podsReason).filter(text -> !text.isEmpty()).findFirst())
        .orElse("");
  }

  private static String end(JsonNode pod, JsonNode container, JsonNode end) {
    String message = end.path("message").asText("").strip();
    return "container "
        + container.path("name").asText()
        + " of pod "
        + Json.text(pod, "/metadata/name")
        + " ended with exit code "
        + end.path("exitCode").asInt()
        + " ("
        + end.path("reason").asText("Error")
        + ")"
        + (message.isEmpty() ? "" : ": " + message);
  }

  /// Of a pod that was evicted, say.
  private static String podsReason(JsonNode pod) {
    String reason = Json.text(pod, "/status/reason");
    return reason.isEmpty()
        ? ""
        : "pod "
            + Json.text(pod, "/metadata/name")
            + ": "
            + reason
            + " "
            + Json.text(pod, "/status/message");
  }

  /// What keeps a pod from running.
  private Optional<Condition> trouble(JsonNode job) {
    return pods(job)
        .filter(pod -> Json.text(pod, "/status/phase").equals("Pending"))
        .flatMap(
            pod -> {
              String name = "pod " + Json.text(pod, "/metadata/name") + ": ";
              JsonNode scheduled = Conditions.find(pod.at("/status/conditions"), "PodScheduled");
              if (scheduled.path("status").asText().equals("False")) {
                return Stream.of(waiting(name, scheduled));
              }
              return containers(pod)
                  .map(container -> container.at("/state/waiting"))
                  .filter(waiting -> waiting.hasNonNull("reason"))
                  .filter(waiting -> !PATIENT.contains(waiting.path("reason").asText()))
                  .map(waiting -> waiting(name, waiting));
            })
        .findFirst();
  }

  private static Condition waiting(String pod, JsonNode reason) {
    String word = reason.path("reason").asText("Unschedulable");
    return Condition.of(
        "Waiting", true, word, pod + word + " " + reason.path("message").asText(""));
  }
}
