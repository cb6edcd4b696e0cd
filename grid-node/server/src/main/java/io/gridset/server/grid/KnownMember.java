package io.gridset.server.grid;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.client.peer.PeerAddress;
import java.util.Optional;

/// What is remembered of a member over restarts.
record KnownMember(String id, String name, double weight, Optional<PeerAddress> data) {
  private static final JsonMapper JSON = new JsonMapper();

  String encode() {
    ObjectNode node = JSON.createObjectNode();
    node.put("name", name);
    node.put("weight", weight);
    data.ifPresent(address -> node.put("data", address.toString()));
    return node.toString();
  }

  static Optional<KnownMember> decode(String id, String text) {
    try {
      JsonNode node = JSON.readTree(text);
      return Optional.of(
          new KnownMember(
              id,
              node.path("name").asText(id),
              node.path("weight").asDouble(),
              node.hasNonNull("data")
                  ? Optional.of(PeerAddress.parse(node.path("data").asText()))
                  : Optional.empty()));
    } catch (JsonProcessingException | RuntimeException e) {
      return Optional.empty(); // Another version's: it counts again when it says so itself.
    }
  }
}
