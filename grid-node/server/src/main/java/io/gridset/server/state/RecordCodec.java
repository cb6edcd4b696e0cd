package io.gridset.server.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Records as JSON text, one line for any number of them: `[[key, version, uid, body], ...]`.
public final class RecordCodec {
  private static final JsonMapper JSON = new JsonMapper();

  private RecordCodec() {}

  /// Text without line breaks.
  public static String encode(List<StateRecord> records) {
    ArrayNode all = JSON.createArrayNode();
    for (StateRecord record : records) {
      all.addArray().add(record.key()).add(record.version()).add(record.uid()).add(record.body());
    }
    return all.toString();
  }

  /// Empty when the text is not in this form.
  public static Optional<List<StateRecord>> decode(String text) {
    JsonNode all;
    try {
      all = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    if (all == null || !all.isArray()) {
      return Optional.empty();
    }
    List<StateRecord> records = new ArrayList<>(all.size());
    for (JsonNode one : all) {
      if (one.size() != 4 || !one.path(0).isTextual() || !one.path(1).canConvertToLong()) {
        return Optional.empty();
      }
      @Nullable String body = one.get(3).isNull() ? null : one.get(3).asText();
      records.add(
          new StateRecord(one.get(0).asText(), one.get(1).asLong(), one.get(2).asText(), body));
    }
    return Optional.of(records);
  }
}
