package io.gridset.server.grid;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.State;
import io.gridset.client.WireJson;
import io.gridset.server.state.SharedMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// What all nodes tell of themselves, by member id, in a shared map. Thread-safe.
final class NodeRecords {
  private final SharedMap map;

  /// Parsed records, since the same ones are looked at whenever one of them changes; as many as
  /// there are.
  private final Map<String, Parsed> parsed = new ConcurrentHashMap<>();

  private record Parsed(String text, Optional<GridNodeView> view) {}

  NodeRecords(SharedMap map) {
    this.map = map;
  }

  void put(GridNodeView node) {
    try {
      map.put(node.id(), WireJson.mapper().writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of plain values can be written always", e);
    }
  }

  void remove(String id) {
    map.remove(id);
  }

  Optional<GridNodeView> find(String id) {
    return map.find(id).flatMap(text -> read(id, text));
  }

  /// Ids of those who hand their blocks over.
  Set<String> draining() {
    Map<String, String> all = map.entries();
    parsed.keySet().retainAll(all.keySet());
    return all.entrySet().stream()
        .filter(
            entry ->
                read(entry.getKey(), entry.getValue())
                    .filter(node -> node.state() == State.DRAINING)
                    .isPresent())
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }

  private Optional<GridNodeView> read(String id, String text) {
    return parsed
        .compute(
            id,
            (_, known) ->
                known != null && known.text().equals(text) ? known : new Parsed(text, parse(text)))
        .view();
  }

  private static Optional<GridNodeView> parse(String text) {
    try {
      return Optional.of(WireJson.mapper().readValue(text, GridNodeView.class));
    } catch (JsonProcessingException _) {
      return Optional.empty(); // Of a version that says it otherwise; what Hazelcast tells remains.
    }
  }
}
