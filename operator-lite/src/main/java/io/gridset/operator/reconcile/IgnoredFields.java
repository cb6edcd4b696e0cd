package io.gridset.operator.reconcile;

import java.util.ArrayList;
import java.util.List;

/// Fields of data operations that are kept and have no effect. Pure.
final class IgnoredFields {
  /// A load runs on the members: it has no pod.
  private static final List<String> OF_PODS =
      List.of(
          "podMetadata", "affinity", "tolerations", "nodeSelector", "schedulerName", "resources");

  private IgnoredFields() {}

  static List<String> of(OperationView operation) {
    List<String> ignored = new ArrayList<>();
    if (operation.kind().equals(OperationView.LOAD)) {
      for (String field : OF_PODS) {
        if (operation.spec().hasNonNull(field) && !operation.spec().path(field).isEmpty()) {
          ignored.add("spec." + field);
        }
      }
      if (!operation.spec().at("/runAfter/affinityStrategy/policy").asText("").isEmpty()) {
        ignored.add("spec.runAfter.affinityStrategy");
      }
    }
    if (operation.policy() != OperationView.Policy.CRON
        && operation.spec().hasNonNull("schedule")) {
      ignored.add("spec.schedule");
    }
    if (operation.policy() != OperationView.Policy.ONCE && operation.timeToLive().isPresent()) {
      ignored.add("spec.ttlSecondsAfterFinished");
    }
    return ignored;
  }
}
