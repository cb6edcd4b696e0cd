package io.gridset.server.object.grid;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.server.object.grid.CatalogEntry.Stage;
import io.gridset.server.state.TableEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Entries as bytes: how many bytes of JSON follow (four bytes, big-endian), the JSON, the payload.
/// Fields that a newer version adds are ignored. Pure.
final class EntryCodec {
  private static final JsonMapper JSON = new JsonMapper();

  private EntryCodec() {}

  /// The key of a name in the grid's table; namespaces hold no colon.
  static String key(ObjectName name) {
    return name.toString();
  }

  /// The name of a key.
  static ObjectName name(String key) {
    int colon = key.indexOf(':');
    return new ObjectName(key.substring(0, colon), key.substring(colon + 1));
  }

  /// Where the keys of a namespace's names with a prefix begin.
  static String key(String namespace, String prefix) {
    return namespace + ":" + prefix;
  }

  static ByteBuffer encode(CatalogEntry entry) {
    byte[] json = text(entry).getBytes(StandardCharsets.UTF_8);
    byte[] payload = entry.payload() == null ? new byte[0] : entry.payload();
    return ByteBuffer.allocate(Integer.BYTES + json.length + payload.length)
        .putInt(json.length)
        .put(json)
        .put(payload)
        .flip();
  }

  /// Empty for a deleted entry, and for one in a form that this version does not read.
  static Optional<CatalogEntry> decode(TableEntry entry) {
    ByteBuffer body = entry.body();
    if (body.remaining() < Integer.BYTES) {
      return Optional.empty();
    }
    int length = body.getInt();
    if (length < 0 || length > body.remaining()) {
      return Optional.empty();
    }
    byte[] json = new byte[length];
    byte[] payload = new byte[body.remaining() - length];
    body.get(json).get(payload);
    return read(new String(json, StandardCharsets.UTF_8), payload.length == 0 ? null : payload);
  }

  /// The same in one line, without the payload.
  static String text(CatalogEntry entry) {
    ObjectInfo info = entry.info();
    ObjectNode node = JSON.createObjectNode();
    node.put("stage", entry.stage().name());
    node.put("namespace", info.name().namespace());
    node.put("path", info.name().path());
    node.put("id", info.id());
    node.put("bytes", info.bytes());
    node.put("rows", info.rows());
    node.put("batches", info.batches());
    node.put("schema", info.schema());
    node.set("attributes", attributes(info.attributes()));
    node.put("created", info.created().toString());
    node.put("expires", info.expires() == null ? null : info.expires().toString());
    node.set("holders", JSON.valueToTree(info.holders()));
    node.put("lostWith", entry.lostWith());
    return node.toString();
  }

  private static ObjectNode attributes(ObjectAttributes attributes) {
    ObjectNode node = JSON.createObjectNode();
    node.put("form", attributes.form());
    node.put("persist", attributes.persist());
    node.put("replicas", attributes.replicas());
    @Nullable Duration time = attributes.timeToLive();
    node.put("timeToLive", time == null ? null : time.toString());
    node.set("labels", JSON.valueToTree(attributes.labels()));
    node.set("parents", JSON.valueToTree(attributes.parents()));
    node.put("producer", attributes.producer());
    return node;
  }

  /// Reads [#text] back; empty for what is in another form.
  static Optional<CatalogEntry> read(String text, byte @Nullable [] payload) {
    try {
      JsonNode node = JSON.readTree(text);
      return Optional.of(
          new CatalogEntry(
              Stage.valueOf(node.path("stage").asText()),
              info(node),
              node.path("lostWith").asText(),
              payload));
    } catch (JsonProcessingException | RuntimeException e) {
      return Optional.empty(); // Another version's: it shows again when a node of it is back.
    }
  }

  private static ObjectInfo info(JsonNode node) {
    return new ObjectInfo(
        new ObjectName(node.path("namespace").asText(), node.path("path").asText()),
        node.path("id").asText(),
        node.path("bytes").asLong(),
        node.path("rows").asLong(),
        node.path("batches").asInt(),
        node.path("schema").asText(),
        attributes(node.path("attributes")),
        Instant.parse(node.path("created").asText()),
        node.hasNonNull("expires") ? Instant.parse(node.path("expires").asText()) : null,
        texts(node.path("holders")));
  }

  private static ObjectAttributes attributes(JsonNode node) {
    Map<String, String> labels = new LinkedHashMap<>();
    node.path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return new ObjectAttributes(
        node.path("form").asText(),
        node.path("persist").asBoolean(),
        node.path("replicas").asInt(1),
        node.hasNonNull("timeToLive") ? Duration.parse(node.path("timeToLive").asText()) : null,
        labels,
        texts(node.path("parents")),
        node.path("producer").asText());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>(list.size());
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
