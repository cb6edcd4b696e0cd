package io.gridset.arrow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The JSON of `docs/object-protocol.md`.
final class Wire {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Wire() {}

  static ObjectNode request(String operation) {
    return JSON.createObjectNode().put("op", operation);
  }

  static byte[] bytes(ObjectNode request) {
    try {
      return JSON.writeValueAsBytes(request);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode parse(byte[] header) throws ObjectException {
    try {
      return JSON.readTree(header);
    } catch (IOException e) {
      throw new ObjectException(
          ObjectException.Kind.CORRUPT, "the node's answer is not of the object protocol", e);
    }
  }

  static ObjectException failure(JsonNode answer) {
    ObjectException.Kind kind = ObjectException.Kind.UNAVAILABLE;
    for (ObjectException.Kind known : ObjectException.Kind.values()) {
      if (known.name().equals(answer.path("kind").asText())) {
        kind = known;
      }
    }
    return new ObjectException(kind, answer.path("message").asText("the node says no more"));
  }

  static ObjectNode attributes(ObjectAttributes attributes) {
    ObjectNode node =
        JSON.createObjectNode()
            .put("form", attributes.form())
            .put("persist", attributes.persist())
            .put("replicas", attributes.replicas())
            .put("producer", attributes.producer());
    Duration timeToLive = attributes.timeToLive();
    node.put("timeToLiveSeconds", timeToLive == null ? null : timeToLive.toSeconds());
    ObjectNode labels = node.putObject("labels");
    attributes.labels().forEach(labels::put);
    attributes.parents().forEach(node.putArray("parents")::add);
    return node;
  }

  static ObjectInfo info(JsonNode node) throws ObjectException {
    try {
      return new ObjectInfo(
          node.path("namespace").asText(),
          node.path("name").asText(),
          node.path("id").asText(),
          node.path("bytes").asLong(),
          node.path("rows").asLong(),
          node.path("batches").asInt(),
          node.path("schema").asText(),
          attributes(node.path("attributes")),
          Instant.parse(node.path("created").asText()),
          instant(node.path("expires")),
          texts(node.path("holders")),
          node.path("held").asBoolean(),
          node.path("lostWith").isTextual() ? node.path("lostWith").asText() : null);
    } catch (DateTimeException e) {
      throw new ObjectException(
          ObjectException.Kind.CORRUPT, "the node's answer has no time of creation", e);
    }
  }

  private static ObjectAttributes attributes(JsonNode node) {
    Map<String, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> label : node.path("labels").properties()) {
      labels.put(label.getKey(), label.getValue().asText());
    }
    JsonNode seconds = node.path("timeToLiveSeconds");
    return new ObjectAttributes(
        node.path("form").asText("table"),
        node.path("persist").asBoolean(),
        node.path("replicas").asInt(1),
        seconds.isNumber() ? Duration.ofSeconds(seconds.asLong()) : null,
        labels,
        texts(node.path("parents")),
        node.path("producer").asText(""));
  }

  private static @Nullable Instant instant(JsonNode node) {
    return node.isTextual() && !node.asText().isEmpty() ? Instant.parse(node.asText()) : null;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
