package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Writes the conditions of one object's status; a condition that says what it said before keeps
/// its time. Used by one thread.
final class Conditions {
  private final JsonNode before;
  private final long generation;
  private final Instant now;
  private final ArrayNode written = Json.list();

  Conditions(JsonNode object, Instant now) {
    this.before = object.at("/status/conditions");
    this.generation = object.at("/metadata/generation").asLong();
    this.now = now;
  }

  /// What a condition says.
  ///
  /// @param status `True` or `False`
  record Condition(String type, String status, String reason, String message) {
    static Condition of(String type, boolean holds, String reason, String message) {
      return new Condition(type, holds ? "True" : "False", reason, message);
    }
  }

  /// Whether it says something else than before.
  boolean add(Condition condition) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    JsonNode same = find(before, condition.type());
    boolean statusStays = same.path("status").asText().equals(condition.status());
    boolean news =
        !statusStays
            || !same.path("reason").asText().equals(condition.reason())
            || !same.path("message").asText().equals(condition.message());
    ObjectNode written =
        Json.of(
            "type", condition.type(),
            "status", condition.status(),
            "reason", condition.reason(),
            "message", condition.message(),
            "lastTransitionTime", statusStays ? same.path("lastTransitionTime").asText(time) : time,
            "lastUpdateTime", news ? time : same.path("lastUpdateTime").asText(time),
            "observedGeneration", generation);
    this.written.add(written);
    return news;
  }

  ArrayNode written() {
    return written;
  }

  static JsonNode find(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return conditions.path("absent");
  }
}
