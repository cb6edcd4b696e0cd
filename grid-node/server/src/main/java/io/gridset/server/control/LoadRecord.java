package io.gridset.server.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.LoadProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What is remembered of a load over a restart: that it was begun, and how it ended. One that was
/// begun and has no end was interrupted, and is run again.
///
/// @param generation of the manifest it belongs to
/// @param finished empty while it runs
/// @param progress last figures; empty when it never ran
record LoadRecord(
    long generation,
    Phase phase,
    Instant started,
    Optional<Instant> finished,
    String reason,
    String message,
    Optional<LoadProgress> progress) {
  private static final JsonMapper JSON = new JsonMapper();

  /// As in Fluid's status.
  enum Phase {
    EXECUTING("Executing"),
    COMPLETE("Complete"),
    FAILED("Failed");

    private final String word;

    Phase(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /// How long it ran, as far as it has ended.
  Optional<Duration> duration() {
    return finished.map(
        end ->
            progress
                .map(figures -> Duration.ofMillis(figures.elapsedMillis()))
                .orElse(Duration.between(started, end)));
  }

  String encode() {
    ObjectNode node = JSON.createObjectNode();
    node.put("generation", generation);
    node.put("phase", phase.name());
    node.put("started", started.toString());
    finished.ifPresent(end -> node.put("finished", end.toString()));
    node.put("reason", reason);
    node.put("message", message);
    progress.ifPresent(
        figures -> {
          ObjectNode object = node.putObject("progress");
          object.put("totalBytes", figures.totalBytes());
          object.put("cachedBytes", figures.cachedBytes());
          object.put("totalFiles", figures.totalFiles());
          object.put("cachedFiles", figures.cachedFiles());
          object.put("failedFiles", figures.failedFiles());
          object.put("elapsedMillis", figures.elapsedMillis());
          figures.failures().forEach(object.putArray("failures")::add);
          if (!figures.members().isEmpty()) {
            object.set("members", JSON.valueToTree(figures.members()));
          }
        });
    return node.toString();
  }

  static Optional<LoadRecord> decode(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      Phase phase = Phase.valueOf(node.path("phase").asText());
      return Optional.of(
          new LoadRecord(
              node.path("generation").asLong(),
              phase,
              Instant.parse(node.path("started").asText()),
              node.hasNonNull("finished")
                  ? Optional.of(Instant.parse(node.path("finished").asText()))
                  : Optional.empty(),
              node.path("reason").asText(),
              node.path("message").asText(),
              node.hasNonNull("progress")
                  ? Optional.of(progress(node.path("progress"), phase))
                  : Optional.empty()));
    } catch (JsonProcessingException | RuntimeException e) {
      // As if it had never run: running a load twice is harmless.
      return Optional.empty();
    }
  }

  private static LoadProgress progress(JsonNode node, Phase phase) {
    List<String> failures = new java.util.ArrayList<>();
    node.path("failures").forEach(line -> failures.add(line.asText()));
    List<LoadProgress.MemberShare> members = new java.util.ArrayList<>();
    for (JsonNode share : node.path("members")) {
      members.add(
          new LoadProgress.MemberShare(
              share.path("member").asText(),
              share.path("state").asText(),
              share.path("bytes").asLong(),
              share.path("cachedBytes").asLong()));
    }
    return new LoadProgress(
        switch (phase) {
          case EXECUTING -> LoadProgress.Phase.LOADING;
          case COMPLETE -> LoadProgress.Phase.COMPLETE;
          case FAILED -> LoadProgress.Phase.FAILED;
        },
        node.path("totalBytes").asLong(),
        node.path("cachedBytes").asLong(),
        node.path("totalFiles").asLong(),
        node.path("cachedFiles").asLong(),
        node.path("failedFiles").asLong(),
        failures,
        node.path("elapsedMillis").asLong(),
        members);
  }
}
