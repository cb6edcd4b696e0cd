package io.gridset.client;

import io.gridset.core.object.ObjectAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An object's attributes on the wire; what is missing in a request is as in
/// [ObjectAttributes#plain()].
///
/// @param timeToLiveSeconds missing for never
public record ObjectAttributesView(
    @Nullable String form,
    @Nullable Boolean persist,
    @Nullable Integer replicas,
    @Nullable Long timeToLiveSeconds,
    @Nullable Map<String, String> labels,
    @Nullable List<String> parents,
    @Nullable String producer) {

  public static ObjectAttributesView of(ObjectAttributes attributes) {
    Duration time = attributes.timeToLive();
    return new ObjectAttributesView(
        attributes.form(),
        attributes.persist(),
        attributes.replicas(),
        time == null ? null : time.toSeconds(),
        attributes.labels(),
        attributes.parents(),
        attributes.producer());
  }

  /// @throws IllegalArgumentException when a value makes no sense
  public ObjectAttributes attributes() {
    ObjectAttributes plain = ObjectAttributes.plain();
    return new ObjectAttributes(
        form == null ? plain.form() : form,
        persist == null ? plain.persist() : persist,
        replicas == null ? plain.replicas() : replicas,
        timeToLiveSeconds == null ? null : Duration.ofSeconds(timeToLiveSeconds),
        labels == null ? plain.labels() : withoutNulls(labels),
        parents == null ? plain.parents() : withoutNulls(parents),
        producer == null ? plain.producer() : producer);
  }

  private static Map<String, String> withoutNulls(Map<String, String> labels) {
    if (labels.containsValue(null)) {
      throw new IllegalArgumentException("labels: each needs a text as its value");
    }
    return labels;
  }

  private static List<String> withoutNulls(List<String> parents) {
    if (parents.stream().anyMatch(parent -> parent == null)) {
      throw new IllegalArgumentException("parents: each is the name of an object");
    }
    return parents;
  }
}
