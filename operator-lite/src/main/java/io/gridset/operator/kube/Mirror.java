package io.gridset.operator.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// What the watches have told last. Trees in it are not to be changed. Thread-safe.
final class Mirror {
  private final Map<WatchedKind, Map<String, ObjectNode>> kinds = new ConcurrentHashMap<>();

  void put(WatchedKind kind, ObjectNode object) {
    of(kind).put(key(object), object);
  }

  void remove(WatchedKind kind, ObjectNode object) {
    of(kind).remove(key(object));
  }

  Optional<ObjectNode> find(WatchedKind kind, String namespace, String name) {
    return Optional.ofNullable(of(kind).get(namespace + "/" + name));
  }

  List<ObjectNode> list(WatchedKind kind, Predicate<ObjectNode> which) {
    return of(kind).values().stream().filter(which).toList();
  }

  private Map<String, ObjectNode> of(WatchedKind kind) {
    return kinds.computeIfAbsent(kind, each -> new ConcurrentHashMap<>());
  }

  private static String key(ObjectNode object) {
    return object.at("/metadata/namespace").asText("") + "/" + object.at("/metadata/name").asText();
  }
}
