package io.gridset.server.object;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A record as JSON text, without its holders: those change, and who keeps the text knows them.
public final class ObjectRecordCodec {
  private static final JsonMapper JSON = new JsonMapper();

  private ObjectRecordCodec() {}

  public static String encode(ObjectRecord record) {
    return tree(record).toString();
  }

  /// Empty when the text is not such a record.
  public static Optional<ObjectRecord> decode(String text) {
    try {
      return decode(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  static ObjectNode tree(ObjectRecord record) {
    ObjectInfo info = record.info();
    ObjectAttributes attributes = info.attributes();
    ObjectNode tree = JSON.createObjectNode();
    tree.put("namespace", info.name().namespace()).put("name", info.name().path());
    tree.put("id", info.id()).put("bytes", info.bytes()).put("rows", info.rows());
    tree.put("batches", info.batches()).put("schema", info.schema());
    tree.put("created", info.created().toString());
    tree.put("expires", info.expires() == null ? null : info.expires().toString());
    tree.put("form", attributes.form()).put("persist", attributes.persist());
    tree.put("replicas", attributes.replicas()).put("producer", attributes.producer());
    Duration life = attributes.timeToLive();
    tree.put("timeToLive", life == null ? null : life.toString());
    ObjectNode labels = tree.putObject("labels");
    attributes.labels().forEach(labels::put);
    ArrayNode parents = tree.putArray("parents");
    attributes.parents().forEach(parents::add);
    byte[] payload = record.payload();
    if (payload != null) {
      tree.put("payload", payload);
    }
    return tree;
  }

  static Optional<ObjectRecord> decode(JsonNode tree) {
    try {
      ObjectName name = new ObjectName(text(tree, "namespace"), text(tree, "name"));
      String expires = textOrNull(tree, "expires");
      JsonNode payload = tree.path("payload");
      ObjectInfo info =
          new ObjectInfo(
              name,
              text(tree, "id"),
              number(tree, "bytes"),
              number(tree, "rows"),
              Math.toIntExact(number(tree, "batches")),
              text(tree, "schema"),
              attributes(tree),
              Instant.parse(text(tree, "created")),
              expires == null ? null : Instant.parse(expires),
              List.of());
      return Optional.of(
          new ObjectRecord(info, payload.isMissingNode() ? null : payload.binaryValue()));
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException | IOException e) {
      return Optional.empty();
    }
  }

  private static ObjectAttributes attributes(JsonNode tree) {
    Map<String, String> labels = new LinkedHashMap<>();
    tree.path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    List<String> parents = new ArrayList<>();
    tree.path("parents").forEach(parent -> parents.add(parent.asText()));
    String life = textOrNull(tree, "timeToLive");
    return new ObjectAttributes(
        text(tree, "form"),
        tree.path("persist").asBoolean(),
        Math.toIntExact(number(tree, "replicas")),
        life == null ? null : Duration.parse(life),
        labels,
        parents,
        text(tree, "producer"));
  }

  private static String text(JsonNode tree, String field) {
    String text = textOrNull(tree, field);
    if (text == null) {
      throw new IllegalArgumentException("no " + field);
    }
    return text;
  }

  private static @Nullable String textOrNull(JsonNode tree, String field) {
    JsonNode value = tree.path(field);
    return value.isTextual() ? value.textValue() : null;
  }

  private static long number(JsonNode tree, String field) {
    JsonNode value = tree.path(field);
    if (!value.canConvertToLong() || !value.isIntegralNumber() || value.longValue() < 0) {
      throw new IllegalArgumentException("no number " + field);
    }
    return value.longValue();
  }
}
