package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a runtime's members told of themselves.
///
/// @param resources as the members show them, statuses included
/// @param held bytes of the dataset that each worker holds, by its name, rounded as
///   [HeldBytes#rounded] does
/// @param origin the bytes and files at the origin, in a text that changes with them; empty while
///   they are being counted
/// @param failure why there is nothing newer; empty when there is
public record GridReport(
    List<JsonNode> resources,
    Map<String, Long> held,
    Optional<String> origin,
    Optional<String> failure) {
  /// The annotation that says which manifest of the cluster a member's is of.
  public static final String SOURCE = "gridset.io/source";

  public GridReport {
    resources = List.copyOf(resources);
    held = Map.copyOf(held);
  }

  /// Of members that have not been asked.
  public static GridReport none() {
    return new GridReport(List.of(), Map.of(), Optional.empty(), Optional.empty());
  }

  /// What the members tell of this very manifest, not of an earlier one.
  Optional<JsonNode> status(JsonNode manifest) {
    return status(manifest.path("kind").asText(), source(manifest));
  }

  /// The same of one run of an operation.
  Optional<JsonNode> status(String kind, String source) {
    return resources.stream()
        .filter(told -> told.path("kind").asText().equals(kind))
        .filter(told -> annotation(told).equals(source))
        .map(told -> told.path("status"))
        .findFirst();
  }

  /// Which manifest an object of the cluster is: it changes with each wish.
  static String source(JsonNode manifest) {
    JsonNode metadata = manifest.path("metadata");
    return metadata.path("uid").asText() + "/" + metadata.path("generation").asLong();
  }

  /// The same of what a member holds; empty when somebody else applied it.
  public static String annotation(JsonNode told) {
    return told.path("metadata").path("annotations").path(SOURCE).asText("");
  }
}
