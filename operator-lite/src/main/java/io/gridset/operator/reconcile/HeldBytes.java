package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What each node holds of a dataset, told in an annotation of the Dataset, by which the webhook
/// weighs where a pod should run. Pure.
public final class HeldBytes {
  /// A JSON object: bytes by the name of the node.
  public static final String ANNOTATION = "gridset.io/held-bytes";

  private HeldBytes() {}

  /// Rounded down to a quarter of the power of two below, so that what is told changes four times
  /// at most while the bytes double.
  public static long rounded(long bytes) {
    long unit = Math.max(1, Long.highestOneBit(bytes) / 4);
    return bytes / unit * unit;
  }

  /// Once the members have told of this dataset.
  static void plan(ObjectNode dataset, Observed observed, Outcome.Builder outcome) {
    if (observed.report().status(dataset).isEmpty()) {
      return;
    }
    Map<String, Long> nodes = new TreeMap<>();
    for (ObjectNode pod : observed.owned().pods("worker")) {
      long bytes = observed.report().held().getOrDefault(Json.text(pod, "/metadata/name"), 0L);
      Json.present(pod, "/spec/nodeName")
          .filter(_ -> bytes > 0)
          .ifPresent(node -> nodes.merge(node, bytes, Long::sum));
    }
    Optional<String> wanted = nodes.isEmpty() ? Optional.empty() : Optional.of(text(nodes));
    if (!wanted.equals(told(dataset))) {
      outcome.annotations.add(new Outcome.Annotation(dataset, ANNOTATION, wanted));
    }
  }

  private static String text(Map<String, Long> nodes) {
    ObjectNode object = Json.of();
    nodes.forEach(object::put);
    return object.toString();
  }

  private static Optional<String> told(ObjectNode dataset) {
    String told = dataset.path("metadata").path("annotations").path(ANNOTATION).asText("");
    return told.isEmpty() ? Optional.empty() : Optional.of(told);
  }
}
