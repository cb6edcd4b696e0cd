package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.ManifestParser;
import io.gridset.core.manifest.ParsedDocument;
import io.gridset.core.manifest.ParsedManifests;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Manifests of the cluster as members take them. Pure.
final class Documents {
  /// Fields that members keep without effect and the operator acts on.
  private static final Pattern ACTED_ON =
      Pattern.compile(
          "spec\\.(nodeAffinity|tolerations|placement"
              + "|tieredstore\\.levels\\[[0-9]+]\\.(volumeType|volumeSource)"
              + "|podMetadata|volumes|imagePullSecrets"
              + "|(worker|fuse)\\.(podMetadata|env|nodeSelector|resources|imagePullSecrets)"
              + "|fuse\\.cleanPolicy"
              + "|worker\\.(tolerations|volumeMounts|affinity|priorityClassName)"
              + ")([.\\[].*)?");

  private static final Pattern ACTED_ON_OF_GRID_RUNTIME =
      Pattern.compile("spec\\.(image|imageTag|imagePullPolicy)");

  private static final Pattern ACTED_ON_OF_JINDO_RUNTIME =
      Pattern.compile("spec\\.worker\\.labels(\\..*)?");

  private Documents() {}

  /// What members are sent: the wish, and which manifest it is.
  static ObjectNode forMembers(JsonNode manifest) {
    return forMembers(manifest, GridReport.source(manifest));
  }

  /// The same of one run of an operation.
  static ObjectNode forMembers(JsonNode manifest, String source) {
    ObjectNode document = wish(manifest);
    document.withObject("/metadata/annotations").put(GridReport.SOURCE, source);
    if (document.get("spec") instanceof ObjectNode spec) {
      // When a load runs, and how long it is kept, is decided by its manifest in the cluster.
      spec.remove(List.of("ttlSecondsAfterFinished", "policy", "schedule", "runAfter"));
    }
    return document;
  }

  private static ObjectNode wish(JsonNode manifest) {
    ObjectNode metadata =
        Json.of(
            "name", manifest.at("/metadata/name"), "namespace", manifest.at("/metadata/namespace"));
    Json.texts(manifest.at("/metadata/annotations"))
        .forEach(
            (name, value) -> {
              if (name.startsWith("gridset.io/") && !name.equals(HeldBytes.ANNOTATION)) {
                metadata.withObject("/annotations").put(name, value);
              }
            });
    return Json.of(
        "apiVersion",
        manifest.path("apiVersion"),
        "kind",
        manifest.path("kind"),
        "metadata",
        metadata,
        "spec",
        manifest.path("spec").isObject() ? manifest.path("spec") : Json.of());
  }

  /// What a reading of a manifest told.
  ///
  /// @param problems for which members would refuse it
  /// @param ignored fields that are accepted and kept, and have no effect
  record Reading(List<String> problems, List<String> ignored) {}

  static Reading read(JsonNode manifest) {
    ParsedManifests parsed = ManifestParser.parse(wish(manifest).toString(), "default");
    List<String> ignored =
        parsed.documents().stream()
            .filter(ParsedDocument.Resource.class::isInstance)
            .flatMap(document -> ((ParsedDocument.Resource) document).kept().stream())
            .flatMap(field -> parts(manifest, field))
            .filter(field -> !isActedOn(manifest, field))
            .toList();
    return new Reading(parsed.problems(), ignored);
  }

  /// Of a component members keep the whole, and the operator acts on parts.
  private static Stream<String> parts(JsonNode manifest, String field) {
    if (!field.equals("spec.worker") && !field.equals("spec.fuse")) {
      return Stream.of(field);
    }
    JsonNode component = manifest.at("/" + field.replace('.', '/'));
    return component.properties().stream().map(part -> field + "." + part.getKey());
  }

  private static boolean isActedOn(JsonNode manifest, String field) {
    return ACTED_ON.matcher(field).matches()
        || switch (manifest.path("kind").asText()) {
          case "GridRuntime" -> ACTED_ON_OF_GRID_RUNTIME.matcher(field).matches();
          case "JindoRuntime" -> ACTED_ON_OF_JINDO_RUNTIME.matcher(field).matches();
          default -> false;
        };
  }
}
