package io.gridset.core.object;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a producer says of an object beside its bytes.
///
/// @param form what the producer's language made the table from (`table`, `pandas.DataFrame`,
///   `numpy`, `pickle` …), so that a reader can give the same back
/// @param persist written to disk as well before the put returns, so that it outlives the machine's
///   memory
/// @param replicas nodes that shall hold it, at least 1
/// @param timeToLive after which it is deleted; null for never
/// @param producer who made it, free text
/// @param parents names of the objects it was made from
public record ObjectAttributes(
    String form,
    boolean persist,
    int replicas,
    @Nullable Duration timeToLive,
    Map<String, String> labels,
    List<String> parents,
    String producer) {
  private static final int MOST_REPLICAS = 16;

  public ObjectAttributes {
    if (replicas < 1 || replicas > MOST_REPLICAS) {
      throw new IllegalArgumentException("replicas: 1 to " + MOST_REPLICAS + ", not " + replicas);
    }
    if (timeToLive != null && (timeToLive.isZero() || timeToLive.isNegative())) {
      throw new IllegalArgumentException("timeToLive: more than nothing, not " + timeToLive);
    }
    labels = Map.copyOf(labels);
    parents = List.copyOf(parents);
  }

  /// A table in one copy, in memory only, for good.
  public static ObjectAttributes plain() {
    return new ObjectAttributes("table", false, 1, null, Map.of(), List.of(), "");
  }
}
