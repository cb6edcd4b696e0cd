package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/// Renders what FUSE pods and sidecars of a dataset prove themselves with: its entry in the one
/// Secret of its namespace. Pure.
final class ReaderSecret {
  private final Settings settings;
  private final Instant now;

  ReaderSecret(Settings settings, Instant now) {
    this.settings = settings;
    this.now = now;
  }

  /// @param runtimeUid of the runtime whose members serve the dataset
  /// @param owner with which the entry may go
  ObjectNode of(DatasetName dataset, String runtimeUid, JsonNode owner) {
    String token = settings.secrets().reader(runtimeUid, dataset, now);
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "Secret",
        "metadata",
        Json.of(
            "name", RuntimeTokens.READERS,
            "namespace", dataset.namespace(),
            "labels", Map.of(Names.MANAGED_BY, Names.MANAGER),
            "ownerReferences", Json.list(Ownership.reference(owner))),
        "type",
        "Opaque",
        "data",
        Json.of(
            dataset.name(),
            Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.US_ASCII))));
  }
}
