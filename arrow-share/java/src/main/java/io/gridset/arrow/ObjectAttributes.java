package io.gridset.arrow;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a producer says of an object beside its bytes.
///
/// @param form what it was made from (`table`, `pandas.DataFrame` …), so that a reader can give the
///   same back
/// @param persist written to disk as well before the put returns
/// @param replicas nodes that shall hold it
/// @param timeToLive after which it is deleted; null for never
/// @param parents names of the objects it was made from
/// @param producer who made it, free text
public record ObjectAttributes(
    String form,
    boolean persist,
    int replicas,
    @Nullable Duration timeToLive,
    Map<String, String> labels,
    List<String> parents,
    String producer) {
  public ObjectAttributes {
    labels = Map.copyOf(labels);
    parents = List.copyOf(parents);
  }

  /// A table in one copy, in memory only, for good.
  public static ObjectAttributes plain() {
    return new ObjectAttributes("table", false, 1, null, Map.of(), List.of(), "");
  }

  public ObjectAttributes persisted() {
    return new ObjectAttributes(form, true, replicas, timeToLive, labels, parents, producer);
  }

  public ObjectAttributes withReplicas(int number) {
    return new ObjectAttributes(form, persist, number, timeToLive, labels, parents, producer);
  }

  /// @param time in whole seconds
  public ObjectAttributes withTimeToLive(Duration time) {
    return new ObjectAttributes(form, persist, replicas, time, labels, parents, producer);
  }

  public ObjectAttributes withLabel(String key, String value) {
    Map<String, String> more = new TreeMap<>(labels);
    more.put(key, value);
    return new ObjectAttributes(form, persist, replicas, timeToLive, more, parents, producer);
  }

  public ObjectAttributes withParents(List<String> names) {
    return new ObjectAttributes(form, persist, replicas, timeToLive, labels, names, producer);
  }

  public ObjectAttributes withProducer(String text) {
    return new ObjectAttributes(form, persist, replicas, timeToLive, labels, parents, text);
  }
}
