package io.gridset.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.client.WireJson;
import java.util.List;

/// Prints values as JSON or YAML documents.
final class Documents {
  private Documents() {}

  /// The text of `value`, with a line break at its end.
  static String text(OutputFormat format, Object value) {
    try {
      JsonNode tree = WireJson.mapper().valueToTree(value);
      return format == OutputFormat.YAML
          ? yaml().writeValueAsString(tree)
          : WireJson.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be printed always", e);
    }
  }

  /// Resources wrapped as kubectl wraps them.
  static JsonNode list(List<JsonNode> items) {
    ObjectNode list = WireJson.mapper().createObjectNode();
    list.put("apiVersion", "v1");
    list.put("kind", "List");
    list.putArray("items").addAll(items);
    return list;
  }

  private static YAMLMapper yaml() {
    return YAMLMapper.builder()
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
        .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
        .build();
  }
}
