package io.gridset.cli;

import io.gridset.client.AffinityView;
import java.util.List;
import java.util.Map;

/// The affinity of a Kubernetes pod that prefers the nodes which hold most of a dataset. Pure.
///
/// Source: Kubernetes API reference, `core/v1` PreferredSchedulingTerm: weights are 1 to 100.
final class SchedulingHints {
  private static final int WEIGHT_MAX = 100;

  private SchedulingHints() {}

  /// A map in the form of a pod's specification: `affinity` and what is below it. Without any node
  /// that holds something no node is preferred.
  static Map<String, Object> of(AffinityView affinity) {
    long most = affinity.nodes().stream().mapToLong(AffinityView.Held::heldBytes).max().orElse(0);
    List<Map<String, Object>> terms =
        affinity.nodes().stream()
            .filter(held -> held.heldBytes() > 0)
            .map(held -> term(held.node(), weight(held.heldBytes(), most)))
            .toList();
    return Map.of(
        "affinity",
        Map.of("nodeAffinity", Map.of("preferredDuringSchedulingIgnoredDuringExecution", terms)));
  }

  private static int weight(long bytes, long most) {
    return Math.clamp(Math.round(WEIGHT_MAX * (double) bytes / most), 1, WEIGHT_MAX);
  }

  private static Map<String, Object> term(String node, int weight) {
    Map<String, Object> expression =
        new java.util.LinkedHashMap<>(Map.of("key", "kubernetes.io/hostname"));
    expression.put("operator", "In");
    expression.put("values", List.of(node));
    Map<String, Object> term = new java.util.LinkedHashMap<>();
    term.put("weight", weight);
    term.put("preference", Map.of("matchExpressions", List.of(expression)));
    return term;
  }
}
