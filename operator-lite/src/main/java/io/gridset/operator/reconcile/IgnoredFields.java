package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// Fields of data operations that are kept and have no effect. Pure.
final class IgnoredFields {
  /// A load runs on the members: it has no pod.
  private static final List<String> OF_PODS =
      List.of(
          "podMetadata", "affinity", "tolerations", "nodeSelector", "schedulerName", "resources");

  /// Of an engine that copies; ours is one container of the members' image.
  private static final List<String> OF_COPIERS =
      List.of("image", "imageTag", "block", "runtimeType", "options", "parallelOptions");

  private IgnoredFields() {}

  static List<String> of(OperationView operation) {
    List<String> ignored = new ArrayList<>();
    if (operation.kind().equals(OperationView.LOAD)) {
      OF_PODS.stream().filter(field -> isGiven(operation, field)).forEach(ignored::add);
      if (!operation.spec().at("/runAfter/affinityStrategy/policy").asText("").isEmpty()) {
        ignored.add("runAfter.affinityStrategy");
      }
    }
    if (operation.kind().equals(OperationView.MIGRATE)) {
      OF_COPIERS.stream().filter(field -> isGiven(operation, field)).forEach(ignored::add);
      if (operation.spec().path("parallelism").asInt(1) > 1) {
        ignored.add("parallelism");
      }
    }
    if (operation.policy() != OperationView.Policy.CRON
        && operation.spec().hasNonNull("schedule")) {
      ignored.add("schedule");
    }
    if (operation.policy() != OperationView.Policy.ONCE && operation.timeToLive().isPresent()) {
      ignored.add("ttlSecondsAfterFinished");
    }
    return ignored.stream().map(field -> "spec." + field).toList();
  }

  private static boolean isGiven(OperationView operation, String field) {
    JsonNode value = operation.spec().path(field);
    return operation.spec().hasNonNull(field) && (value.isValueNode() || !value.isEmpty());
  }
}
