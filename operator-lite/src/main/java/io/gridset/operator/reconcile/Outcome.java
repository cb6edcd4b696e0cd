package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What should be done about a dataset, in this order.
///
/// @param metadata changes of users' objects: finalizers and owners
/// @param apply wanted objects, whole as the operator wants them; a Secret is only ever created
/// @param delete objects that should go
/// @param nodes labels to set, or to remove where empty, by node
/// @param annotations to set on users' objects, or to remove where empty
/// @param statuses users' objects with their new statuses, only where they differ
/// @param order for the members, when some can be asked
/// @param again when to look next if nothing happens
public record Outcome(
    List<MetadataChange> metadata,
    List<ObjectNode> apply,
    List<ObjectNode> delete,
    Map<String, Map<String, Optional<String>>> nodes,
    List<Annotation> annotations,
    List<ObjectNode> statuses,
    List<Event> events,
    Optional<GridOrder> order,
    Duration again) {
  /// New finalizers and owners of an object, as it was observed.
  public record MetadataChange(
      ObjectNode object, List<String> finalizers, List<JsonNode> ownerReferences) {}

  /// A new value of an object's annotation.
  public record Annotation(ObjectNode object, String key, Optional<String> value) {}

  /// Something to tell of an object.
  public record Event(ObjectNode object, Weight weight, String reason, String message) {}

  /// Whether somebody has to do something.
  public enum Weight {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String word;

    Weight(String word) {
      this.word = word;
    }

    /// As in `Event.type`.
    public String word() {
      return word;
    }
  }

  /// Collects an outcome; used by one thread.
  static final class Builder {
    final List<MetadataChange> metadata = new ArrayList<>();
    final List<ObjectNode> apply = new ArrayList<>();
    final List<ObjectNode> delete = new ArrayList<>();
    final Map<String, Map<String, Optional<String>>> nodes = new java.util.TreeMap<>();
    final List<Annotation> annotations = new ArrayList<>();
    final List<ObjectNode> statuses = new ArrayList<>();
    final List<Event> events = new ArrayList<>();
    Optional<GridOrder> order = Optional.empty();
    private Duration again = Duration.ofMinutes(5);

    void again(Duration sooner) {
      again = sooner.compareTo(again) < 0 ? sooner : again;
    }

    /// Gives an object a new status, and tells its news once: when it differs from what the object
    /// says already.
    void status(ObjectNode object, ObjectNode status) {
      if (object.path("status").equals(status)) {
        return;
      }
      ObjectNode changed = object.deepCopy();
      changed.set("status", status);
      statuses.add(changed);
    }

    Outcome build() {
      return new Outcome(
          metadata, apply, delete, nodes, annotations, statuses, events, order, again);
    }
  }
}
