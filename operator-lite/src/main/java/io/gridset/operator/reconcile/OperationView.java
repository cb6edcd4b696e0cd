package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// A data operation's manifest, of whichever kind, as the operator acts on it. Pure.
record OperationView(ObjectNode document) {
  static final String LOAD = "DataLoad";
  static final String PROCESS = "DataProcess";
  static final String MIGRATE = "DataMigrate";
  static final String BACKUP = "DataBackup";

  private static final Set<String> KINDS = Set.of(LOAD, PROCESS, MIGRATE, BACKUP);

  /// When an operation runs.
  enum Policy {
    ONCE,
    CRON,
    ON_EVENT
  }

  static boolean isOperation(JsonNode object) {
    return KINDS.contains(object.path("kind").asText());
  }

  /// The dataset that an operation is about; of its own name when it names none.
  static DatasetName dataset(JsonNode operation) {
    JsonNode spec = operation.path("spec");
    String name =
        switch (operation.path("kind").asText()) {
          case BACKUP -> spec.path("dataset").asText("");
          case MIGRATE ->
              spec.at("/to/dataset/name").asText(spec.at("/from/dataset/name").asText(""));
          default -> spec.at("/dataset/name").asText("");
        };
    return new DatasetName(
        Json.text(operation, "/metadata/namespace"),
        name.isEmpty() ? Json.text(operation, "/metadata/name") : name);
  }

  String kind() {
    return document.path("kind").asText();
  }

  String namespace() {
    return Json.text(document, "/metadata/namespace");
  }

  String name() {
    return Json.text(document, "/metadata/name");
  }

  JsonNode spec() {
    return document.path("spec");
  }

  JsonNode status() {
    return document.path("status");
  }

  String phase() {
    return status().path("phase").asText("");
  }

  boolean hasEnded() {
    return phase().equals("Complete") || phase().equals("Failed");
  }

  /// Whether a run of it was begun and has not ended.
  boolean isUnderWay() {
    return phase().equals("Executing");
  }

  /// Whether its status is of this manifest.
  boolean isTold() {
    return status().path("observedGeneration").asLong()
        == document.at("/metadata/generation").asLong();
  }

  /// Whether it has ended, and was not changed since.
  boolean isOver() {
    return hasEnded() && isTold();
  }

  Policy policy() {
    return switch (spec().path("policy").asText("Once")) {
      case "Cron" -> Policy.CRON;
      case "OnEvent" -> Policy.ON_EVENT;
      default -> Policy.ONCE;
    };
  }

  Optional<Duration> timeToLive() {
    JsonNode seconds = spec().path("ttlSecondsAfterFinished");
    return seconds.isIntegralNumber()
        ? Optional.of(Duration.ofSeconds(seconds.longValue()))
        : Optional.empty();
  }

  /// `kind namespace/name`, for messages.
  String title() {
    return kind() + " " + namespace() + "/" + name();
  }

  /// Where it says that it refers to another operation: kind, namespace and name.
  record Reference(String kind, String namespace, String name) {
    static Reference of(JsonNode reference, String ownNamespace) {
      String namespace = reference.path("namespace").asText("");
      return new Reference(
          reference.path("kind").asText(""),
          namespace.isEmpty() ? ownNamespace : namespace,
          reference.path("name").asText(""));
    }

    boolean isOf(JsonNode operation) {
      return kind.equals(operation.path("kind").asText())
          && namespace.equals(Json.text(operation, "/metadata/namespace"))
          && name.equals(Json.text(operation, "/metadata/name"));
    }

    @Override
    public String toString() {
      return kind + " " + namespace + "/" + name;
    }
  }

  /// The operation that must be complete before this one begins.
  Optional<Reference> runAfter() {
    JsonNode runAfter = spec().path("runAfter");
    return runAfter.isObject()
        ? Optional.of(Reference.of(runAfter, namespace()))
        : Optional.empty();
  }

  /// The operation whose nodes count for the placement; by default the one before.
  Optional<Reference> dependsOn() {
    JsonNode dependOn = spec().at("/runAfter/affinityStrategy/dependOn");
    return dependOn.isObject() ? Optional.of(Reference.of(dependOn, namespace())) : runAfter();
  }
}
