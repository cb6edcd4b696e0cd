package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import io.gridset.operator.reconcile.RunPlanner.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides about the data operations of one dataset: which run of each is to be, what it waits for,
/// and who brings it to its end: members a DataLoad, a Job a DataProcess. Pure.
///
/// Several operations of a dataset may run at once, as in Fluid: members fetch each block once
/// whatever asks for it, and nothing that runs here writes to a dataset.
final class OperationsReconciler {
  private final Observed observed;
  private final Settings settings;
  private final Outcome.Builder outcome;
  private final OperationStatus status;
  private final Predecessors predecessors;

  OperationsReconciler(Observed observed, Settings settings, Outcome.Builder outcome) {
    this.observed = observed;
    this.settings = settings;
    this.outcome = outcome;
    this.status = new OperationStatus(observed, outcome);
    this.predecessors = new Predecessors(observed);
  }

  /// @return what members shall hold of them
  List<ObjectNode> reconcile() {
    List<ObjectNode> documents = new ArrayList<>();
    for (ObjectNode document : observed.operations().own()) {
      if (!Observed.isGoing(document)) {
        reconcile(new OperationView(document)).ifPresent(documents::add);
      }
    }
    return documents;
  }

  private Optional<ObjectNode> reconcile(OperationView operation) {
    observed
        .dataset()
        .filter(dataset -> !Observed.isGoing(dataset))
        .ifPresent(dataset -> Departure.own(operation.document(), dataset, outcome));
    return switch (new RunPlanner(observed).plan(operation)) {
      case Plan.Over() -> {
        expire(operation);
        yield Optional.empty();
      }
      case Plan.Later(Optional<Verdict> verdict, Optional<Instant> at) -> {
        verdict.ifPresent(said -> status.say(operation, Optional.empty(), said));
        at.ifPresent(time -> outcome.again(Duration.between(observed.now(), time)));
        yield Optional.empty();
      }
      case Plan.Due(OperationRun run) -> run(operation, run);
    };
  }

  private Optional<ObjectNode> run(OperationView operation, OperationRun run) {
    Optional<Verdict> verdict = verdict(operation, run);
    if (verdict.isPresent()) {
      status.say(operation, Optional.of(run), verdict.get());
      return Optional.empty();
    }
    return switch (operation.kind()) {
      case OperationView.LOAD -> new LoadReconciler(observed, status, outcome).run(operation, run);
      case OperationView.PROCESS -> {
        new ProcessReconciler(observed, status, outcome).run(operation, run);
        yield Optional.empty();
      }
      case OperationView.MIGRATE -> {
        new MigrateReconciler(observed, settings, status, outcome).run(operation, run);
        yield Optional.empty();
      }
      default -> {
        status.say(operation, Optional.of(run), backup());
        yield Optional.empty();
      }
    };
  }

  /// Members keep listings and objects' records in their state directories by themselves; a
  /// dataset's metadata is its origin's, and is listed again where it is lost.
  private static Verdict backup() {
    return Verdict.failed(
        "DataOperationNotSupport",
        "nothing to back up: a dataset's metadata is listed from its origin, and each worker"
            + " journals it; Fluid backs up only the master of an AlluxioRuntime, which there is"
            + " none of here");
  }

  private void expire(OperationView operation) {
    String ended = Json.text(operation.document(), "/status/conditions/0/lastTransitionTime");
    if (operation.timeToLive().isEmpty() || ended.isEmpty()) {
      return;
    }
    Duration left =
        Duration.between(observed.now(), Instant.parse(ended).plus(operation.timeToLive().get()));
    if (left.isPositive()) {
      outcome.again(left);
    } else {
      outcome.delete.add(operation.document());
    }
  }

  private Optional<Verdict> verdict(OperationView operation, OperationRun run) {
    List<String> problems =
        operation.kind().equals(OperationView.LOAD)
            ? Documents.read(operation.document()).problems()
            : List.of();
    if (!problems.isEmpty()) {
      return Optional.of(Verdict.failed("ErrorValidateSpecFields", String.join("; ", problems)));
    }
    Optional<Verdict> elsewhere = elsewhere(operation);
    if (elsewhere.isPresent()) {
      return elsewhere;
    }
    if (operation.isUnderWay() && run.progress() == OperationRun.Progress.KNOWN) {
      return Optional.empty();
    }
    return predecessors.waiting(operation, run).or(() -> dataset(operation));
  }

  private Optional<Verdict> elsewhere(OperationView operation) {
    for (String field : List.of("/dataset", "/from/dataset", "/to/dataset")) {
      String namespace = operation.spec().at(field).path("namespace").asText("");
      if (!namespace.isEmpty() && !namespace.equals(operation.namespace())) {
        return Optional.of(
            Verdict.failed(
                "TargetDatasetNamespaceNotSame",
                "spec"
                    + field.replace('/', '.')
                    + ".namespace: a "
                    + operation.kind()
                    + " of namespace "
                    + operation.namespace()
                    + " cannot use a Dataset of namespace "
                    + namespace));
      }
    }
    return Optional.empty();
  }

  private Optional<Verdict> dataset(OperationView operation) {
    String dataset = "Dataset " + observed.name();
    if (observed.dataset().isEmpty()) {
      return Optional.of(
          Verdict.pending(
              "TargetDatasetNotFound", "waiting for " + dataset + ", which does not exist"));
    }
    boolean isLoad = operation.kind().equals(OperationView.LOAD);
    if (isLoad && DatasetSpec.of(observed.dataset().get()).reference().isPresent()) {
      return Optional.of(
          Verdict.failed(
              "DataOperationNotSupport",
              dataset + " refers to another (dataset://); load that one"));
    }
    boolean bound = Json.text(observed.dataset().get(), "/status/phase").equals("Bound");
    return isLoad || (bound && !Observed.isGoing(observed.dataset().get()))
        ? Optional.empty()
        : Optional.of(
            Verdict.pending("RuntimeNotReady", "waiting for " + dataset + " to be Bound"));
  }
}
