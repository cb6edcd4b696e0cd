package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a DataLoad's manifest asks for.
///
/// @param dataset its namespace is the load's own unless written otherwise
/// @param timeToLive how long a finished load is kept, if not for ever
public record DataLoadSpec(
    DatasetName dataset, LoadRequest request, Policy policy, Optional<Duration> timeToLive) {
  /// When a load runs. Only ONCE is acted on by the standalone program.
  public enum Policy {
    ONCE,
    CRON,
    ON_EVENT
  }

  /// Reads a document that [ManifestParser] accepted.
  public static DataLoadSpec of(JsonNode document) {
    JsonNode spec = document.path("spec");
    String own = document.path("metadata").path("namespace").asText(DatasetName.DEFAULT_NAMESPACE);
    String namespace = spec.path("dataset").path("namespace").asText("");
    List<String> targets = new ArrayList<>();
    for (JsonNode target : spec.path("target")) {
      targets.add(strip(target.path("path").asText("")));
    }
    if (targets.contains("")) {
      targets.clear();
    }
    JsonNode ttl = spec.path("ttlSecondsAfterFinished");
    return new DataLoadSpec(
        new DatasetName(
            namespace.isEmpty() ? own : namespace, spec.path("dataset").path("name").asText()),
        new LoadRequest(targets, LoadRequest.Mode.LOAD, spec.path("loadMetadata").asBoolean(false)),
        switch (spec.path("policy").asText("Once")) {
          case "Cron" -> Policy.CRON;
          case "OnEvent" -> Policy.ON_EVENT;
          default -> Policy.ONCE;
        },
        ttl.isIntegralNumber()
            ? Optional.of(Duration.ofSeconds(ttl.longValue()))
            : Optional.empty());
  }

  private static String strip(String path) {
    int start = 0;
    int end = path.length();
    while (start < end && path.charAt(start) == '/') {
      start++;
    }
    while (end > start && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(start, end);
  }
}
