package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The labels that nodes bear while a worker of a dataset runs there, for schedulers. Pure.
final class NodeLabels {
  private static final String EXCLUSIVE = "fluid_exclusive";

  private NodeLabels() {}

  /// Sets and removes labels so that they tell where workers are.
  static void plan(Observed observed, Names names, Outcome.Builder outcome) {
    Set<String> holding = new TreeSet<>();
    for (ObjectNode pod : observed.owned().pods("worker")) {
      Json.present(pod, "/spec/nodeName").ifPresent(holding::add);
    }
    Map<String, String> wanted = new TreeMap<>();
    wanted.put(names.nodeKey(), "true");
    wanted.put(names.typedNodeKey(), "true");
    observed
        .dataset()
        .filter(dataset -> PodPlacement.placement(dataset).equals("Exclusive"))
        .ifPresent(dataset -> wanted.put(EXCLUSIVE, exclusive(observed)));
    observed
        .owned()
        .nodes()
        .forEach(
            (node, labels) -> {
              Map<String, Optional<String>> changes = new TreeMap<>();
              wanted.forEach(
                  (key, value) -> {
                    if (holding.contains(node) && !value.equals(labels.get(key))) {
                      changes.put(key, Optional.of(value));
                    } else if (!holding.contains(node) && value.equals(labels.get(key))) {
                      changes.put(key, Optional.empty());
                    }
                  });
              if (!changes.isEmpty()) {
                outcome.nodes.put(node, changes);
              }
            });
  }

  /// A value of a label, unlike a key, may not be longer than 63 characters.
  private static String exclusive(Observed observed) {
    String value = observed.name().namespace() + "_" + observed.name().name();
    return value.length() <= 63
        ? value
        : observed.dataset().map(dataset -> Json.text(dataset, "/metadata/uid")).orElse("");
  }

  /// Whether a node's label is of this dataset, whatever its runtime is or was.
  static boolean isOf(String key, String value, Observed observed) {
    if (key.equals(EXCLUSIVE)) {
      return value.equals(exclusive(observed));
    }
    String named = observed.name().namespace() + "-" + observed.name().name();
    String uid =
        observed.dataset().map(dataset -> Json.text(dataset, "/metadata/uid")).orElse(named);
    for (String suffix : Set.of(named, uid)) {
      if (key.equals("fluid.io/s-" + suffix) || key.equals("fluid.io/f-" + suffix)) {
        return true;
      }
      for (ObjectNode runtime : observed.runtimes()) {
        if (key.equals("fluid.io/s-" + RuntimeView.type(runtime) + "-" + suffix)) {
          return true;
        }
      }
    }
    return false;
  }
}
