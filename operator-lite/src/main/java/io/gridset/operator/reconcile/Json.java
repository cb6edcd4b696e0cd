package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;

/// Writes JSON trees in the order in which they are read. Pure.
final class Json {
  private Json() {}

  /// An object of names and values in turn. An empty text, Optional, list or map leaves its name
  /// out.
  static ObjectNode of(Object... namesAndValues) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      Object value = namesAndValues[i + 1];
      Object given = value instanceof Optional<?> optional ? optional.orElse(null) : value;
      if (given != null && !isNothing(given)) {
        object.set((String) namesAndValues[i], node(given));
      }
    }
    return object;
  }

  private static boolean isNothing(Object value) {
    return switch (value) {
      // Kubernetes 1.20 takes an empty text for null where a text is demanded.
      case String text -> text.isEmpty();
      case List<?> list -> list.isEmpty();
      case Map<?, ?> map -> map.isEmpty();
      case JsonNode node -> node.isMissingNode();
      default -> false;
    };
  }

  static ArrayNode list(Object... items) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Object item : items) {
      array.add(node(item));
    }
    return array;
  }

  static ArrayNode listOf(Iterable<?> items) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    items.forEach(item -> array.add(node(item)));
    return array;
  }

  private static JsonNode node(Object value) {
    JsonNodeFactory factory = JsonNodeFactory.instance;
    return switch (value) {
      case JsonNode node -> node.deepCopy();
      case String text -> factory.textNode(text);
      case Integer number -> factory.numberNode(number);
      // As a parser reads it: trees are compared.
      case Long number when number == number.intValue() -> factory.numberNode(number.intValue());
      case Long number -> factory.numberNode(number);
      case Boolean flag -> factory.booleanNode(flag);
      case List<?> items -> listOf(items);
      case Map<?, ?> map -> {
        ObjectNode object = factory.objectNode();
        map.forEach((name, each) -> object.set((String) name, node(each)));
        yield object;
      }
      default -> new POJONode(value);
    };
  }

  /// The texts of an object, sorted by name.
  static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new TreeMap<>();
    object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }

  static String text(JsonNode object, String pointer) {
    return object.at(pointer).asText("");
  }

  static Optional<String> present(JsonNode object, String pointer) {
    return Optional.of(text(object, pointer)).filter(text -> !text.isEmpty());
  }

  /// A short text that differs between trees that do.
  static String mark(JsonNode tree) {
    CRC32 sum = new CRC32();
    sum.update(tree.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }
}
