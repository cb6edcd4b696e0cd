package io.gridset.server.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What happened to each resource, the last few events of each; lost at a restart, as Kubernetes'
/// are after an hour. Thread-safe.
final class EventLog {
  /// Events kept for one resource; older ones go.
  static final int MAX_EVENTS = 50;

  private final InstantSource clock;
  private final Map<String, Deque<ObjectNode>> events = new HashMap<>();

  EventLog(InstantSource clock) {
    this.clock = clock;
  }

  /// Whether an event tells of something that needs attention.
  enum Type {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String word;

    Type(String word) {
      this.word = word;
    }
  }

  /// Adds an event; one equal to the last only raises its count.
  synchronized void add(
      ResourceKind kind, DatasetName name, Type type, String reason, String message) {
    Deque<ObjectNode> log = events.computeIfAbsent(key(kind, name), key -> new ArrayDeque<>());
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    ObjectNode last = log.peekLast();
    if (last != null
        && last.path("reason").asText().equals(reason)
        && last.path("message").asText().equals(message)) {
      last.put("time", now);
      last.put("count", last.path("count").asInt() + 1);
      return;
    }
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("time", now);
    event.put("type", type.word);
    event.put("reason", reason);
    event.put("message", message);
    event.put("count", 1);
    log.addLast(event);
    if (log.size() > MAX_EVENTS) {
      log.removeFirst();
    }
  }

  /// Newest last.
  synchronized List<JsonNode> of(ResourceKind kind, DatasetName name) {
    List<JsonNode> copies = new ArrayList<>();
    events
        .getOrDefault(key(kind, name), new ArrayDeque<>())
        .forEach(event -> copies.add(event.deepCopy()));
    return copies;
  }

  synchronized void forget(ResourceKind kind, DatasetName name) {
    events.remove(key(kind, name));
  }

  private static String key(ResourceKind kind, DatasetName name) {
    return kind + "/" + name;
  }
}
