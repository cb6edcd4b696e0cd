package io.gridset.client;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which nodes hold how much of a dataset, of an object, or of several of them.
///
/// @param subject what they hold, for people: `dataset default/models`, `object default:x_train`
/// @param totalBytes of all of it; null while a dataset is being listed
/// @param here the name of the node that answered
/// @param nodes those that hold some of it, most bytes first
public record AffinityView(
    String subject, @Nullable Long totalBytes, String here, List<Held> nodes) {
  /// What one node holds.
  ///
  /// @param node its name; a scheduling hint takes it for the host's
  /// @param heldBytes copies included: they serve its readers as well
  /// @param percentage of `totalBytes`, 0 to 100; of all bytes held while that is not known
  public record Held(String node, long heldBytes, double percentage) {}

  public AffinityView {
    nodes = List.copyOf(nodes);
  }

  /// Of what nodes hold, in bytes by their names.
  public static AffinityView of(
      String subject, @Nullable Long totalBytes, String here, Map<String, Long> bytes) {
    long whole = totalBytes == null ? bytes.values().stream().mapToLong(b -> b).sum() : totalBytes;
    return new AffinityView(
        subject,
        totalBytes,
        here,
        bytes.entrySet().stream()
            .filter(entry -> entry.getValue() > 0)
            .map(e -> new Held(e.getKey(), e.getValue(), percentage(e.getValue(), whole)))
            .sorted(Comparator.comparingLong(Held::heldBytes).reversed().thenComparing(Held::node))
            .toList());
  }

  private static double percentage(long part, long whole) {
    return whole <= 0 ? 100 : Math.min(100, Math.floor(part * 1000.0 / whole) / 10);
  }

  /// Of this and another, as one who needs both looks at it.
  public AffinityView and(AffinityView other) {
    Map<String, Long> bytes = new TreeMap<>();
    List<Held> all = new ArrayList<>(nodes);
    all.addAll(other.nodes);
    all.forEach(held -> bytes.merge(held.node(), held.heldBytes(), Long::sum));
    Long whole =
        totalBytes == null || other.totalBytes == null ? null : totalBytes + other.totalBytes;
    return of(subject + " and " + other.subject, whole, here, bytes);
  }
}
