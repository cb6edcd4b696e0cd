package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A pod that is being changed, beside what it was. Not thread-safe.
final class PodDraft {
  private static final List<String> PARTS = List.of("metadata", "spec");

  private final ObjectNode before;
  private final ObjectNode after;

  PodDraft(ObjectNode pod) {
    this.before = pod;
    this.after = pod.deepCopy();
  }

  ObjectNode spec() {
    return after.withObjectProperty("spec");
  }

  ObjectNode metadata() {
    return after.withObjectProperty("metadata");
  }

  /// The entries of a list of the spec that are objects; empty when there is no such list.
  List<ObjectNode> entries(String list) {
    List<ObjectNode> entries = new ArrayList<>();
    for (JsonNode entry : spec().path(list)) {
      if (entry instanceof ObjectNode object) {
        entries.add(object);
      }
    }
    return entries;
  }

  /// Puts containers or volumes before the others of a list.
  void prepend(String list, List<ObjectNode> entries) {
    ArrayNode array = spec().withArrayProperty(list);
    for (int i = 0; i < entries.size(); i++) {
      array.insert(i, entries.get(i));
    }
  }

  void append(String list, ObjectNode entry) {
    spec().withArrayProperty(list).add(entry);
  }

  /// Each `volumeMounts` entry of that volume, in containers and init containers.
  void eachMount(String volume, Consumer<ObjectNode> change) {
    for (String list : List.of("initContainers", "containers")) {
      for (ObjectNode container : entries(list)) {
        for (JsonNode mount : container.path("volumeMounts")) {
          if (mount instanceof ObjectNode object && object.path("name").asText().equals(volume)) {
            change.accept(object);
          }
        }
      }
    }
  }

  /// A name that no entry of these lists has: the wish, or the wish with a number.
  String freeName(String wish, String... lists) {
    List<String> taken = new ArrayList<>();
    for (String list : lists) {
      entries(list).forEach(entry -> taken.add(entry.path("name").asText()));
    }
    String name = wish;
    for (int i = 1; taken.contains(name); i++) {
      name = wish + "-" + i;
    }
    return name;
  }

  /// What makes the pod that was into this one: RFC 6902, one operation for each field of metadata
  /// and spec that differs.
  ArrayNode patch() {
    ArrayNode patch = JsonNodeFactory.instance.arrayNode();
    for (String part : PARTS) {
      if (!before.has(part)) {
        if (after.has(part) && !after.path(part).isEmpty()) {
          add(patch, "/" + part, after.get(part));
        }
        continue;
      }
      for (Map.Entry<String, JsonNode> field : after.path(part).properties()) {
        JsonNode was = before.get(part).path(field.getKey());
        if (!field.getValue().equals(was) && !(field.getValue().isNull() && was.isMissingNode())) {
          add(patch, "/" + part + "/" + field.getKey(), field.getValue());
        }
      }
    }
    return patch;
  }

  private static void add(ArrayNode patch, String path, JsonNode value) {
    patch.addObject().put("op", "add").put("path", path).set("value", value);
  }
}
