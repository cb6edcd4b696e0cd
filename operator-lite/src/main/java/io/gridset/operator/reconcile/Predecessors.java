package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.OperationRun.Progress;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import io.gridset.operator.reconcile.OperationView.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Decides whether an operation may begin: after those that its `runAfter` names. Pure.
final class Predecessors {
  /// For which an operation waits, or fails, because of another.
  static final Set<String> REASONS =
      Set.of("DataOperationNotFound", "DataOperationWaiting", "PrecedingOperationFailed");

  private final List<ObjectNode> known;

  Predecessors(Observed observed) {
    this.known = observed.operations().preceding();
  }

  /// What it waits for; empty when it may begin. What was let through once stays so: the one before
  /// may be gone by then.
  Optional<Verdict> waiting(OperationView operation, OperationRun run) {
    if (operation.runAfter().isEmpty() || isLetThrough(operation, run)) {
      return Optional.empty();
    }
    Optional<String> circle = circle(operation);
    if (circle.isPresent()) {
      return Optional.of(
          Verdict.failed(
              "DataOperationNotValid", "spec.runAfter goes in a circle: " + circle.get()));
    }
    return Stream.of(operation.runAfter(), operation.dependsOn())
        .flatMap(Optional::stream)
        .distinct()
        .flatMap(before -> waiting(before).stream())
        .findFirst();
  }

  private static boolean isLetThrough(OperationView operation, OperationRun run) {
    return run.progress() == Progress.KNOWN
        && operation.status().at("/waitingFor/operationComplete").isBoolean()
        && !operation.status().at("/waitingFor/operationComplete").asBoolean();
  }

  private Optional<Verdict> waiting(Reference before) {
    Optional<ObjectNode> found = find(before);
    if (found.isEmpty()) {
      return Optional.of(
          Verdict.pending(
              "DataOperationNotFound", "waiting for " + before + ", which does not exist"));
    }
    OperationView view = new OperationView(found.get());
    if (view.phase().equals("Complete")
        && (view.isTold() || view.policy() != OperationView.Policy.ONCE)) {
      return Optional.empty();
    }
    return Optional.of(
        view.phase().equals("Failed")
            ? Verdict.pending(
                "PrecedingOperationFailed",
                before + " failed; this one begins when that is complete, after a change or anew")
            : Verdict.pending("DataOperationWaiting", "waiting for " + before + " to be complete"));
  }

  /// What an operation depends on; an empty object when it depends on none, or that is not there.
  JsonNode before(OperationView operation) {
    return operation.dependsOn().flatMap(this::find).map(JsonNode.class::cast).orElse(Json.of());
  }

  private Optional<ObjectNode> find(Reference reference) {
    return known.stream().filter(reference::isOf).findFirst();
  }

  private Optional<String> circle(OperationView operation) {
    List<String> way = new ArrayList<>(List.of(operation.title()));
    Optional<Reference> before = operation.runAfter();
    for (int i = 0; i <= known.size() && before.isPresent(); i++) {
      way.add(before.get().toString());
      if (before.get().isOf(operation.document())) {
        return Optional.of(way.stream().collect(Collectors.joining(" after ")));
      }
      before = find(before.get()).map(OperationView::new).flatMap(OperationView::runAfter);
    }
    return Optional.empty();
  }
}
