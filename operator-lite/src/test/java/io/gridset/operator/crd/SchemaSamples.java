package io.gridset.operator.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/// A value for every field of a schema, so that none is left out of a test.
final class SchemaSamples {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final int alternative;

  /// @param alternative which field of those that exclude each other gets a value
  SchemaSamples(int alternative) {
    this.alternative = alternative;
  }

  /// How many samples are needed to see every field.
  static int alternatives(JsonNode schema) {
    int most = schema.path("oneOf").size();
    for (JsonNode child : schema) {
      most = Math.max(most, alternatives(child));
    }
    return Math.max(1, most);
  }

  JsonNode of(JsonNode schema) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return schema.has("pattern") ? JSON.textNode("5Gi") : JSON.numberNode(8080);
    }
    return switch (schema.path("type").asText()) {
      case "string" -> JSON.textNode(text(schema));
      case "boolean" -> JSON.booleanNode(true);
      case "integer" -> JSON.numberNode(Math.max(1, schema.path("minimum").asInt()));
      case "array" -> JSON.arrayNode().add(of(schema.path("items")));
      case "object" -> object(schema);
      default -> JSON.objectNode().put("any", "thing");
    };
  }

  private JsonNode object(JsonNode schema) {
    ObjectNode object = JSON.objectNode();
    if (schema.has("additionalProperties")) {
      return object.set("a.key/with-signs", of(schema.path("additionalProperties")));
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      if (!isExcluded(property.getKey(), schema.path("oneOf"))) {
        object.set(property.getKey(), of(property.getValue()));
      }
    }
    return object;
  }

  private boolean isExcluded(String name, JsonNode alternatives) {
    for (int i = 0; i < alternatives.size(); i++) {
      if (alternatives.at("/" + i + "/required/0").asText().equals(name)) {
        return i != alternative % alternatives.size();
      }
    }
    return false;
  }

  private static String text(JsonNode schema) {
    if (schema.has("enum")) {
      return schema.path("enum").get(schema.path("enum").size() - 1).asText();
    }
    if (schema.has("maxLength")) {
      return "0.5"; // a ratio
    }
    if (schema.has("pattern")) {
      return "1Gi,2Gi".matches(schema.path("pattern").asText()) ? "1Gi,2Gi" : "words";
    }
    return schema.path("format").asText().equals("date-time") ? "2026-01-02T03:04:05Z" : "words";
  }
}
