package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.unit.DataSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a DataLoad's manifest asks for.
///
/// @param dataset its namespace is the load's own unless written otherwise
/// @param timeToLive how long a finished load is kept, if not for ever
public record DataLoadSpec(
    DatasetName dataset, LoadRequest request, Policy policy, Optional<Duration> timeToLive) {
  /// The option that limits what the whole load takes from the origin in a second.
  static final String BANDWIDTH_LIMIT = "bandwidthLimit";

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
    Map<String, Integer> replicas = new HashMap<>();
    for (JsonNode target : spec.path("target")) {
      String path = strip(target.path("path").asText(""));
      targets.add(path);
      replicas.merge(path, Math.max(1, target.path("replicas").asInt(1)), Math::max);
    }
    if (targets.contains("")) {
      targets.clear();
    }
    JsonNode ttl = spec.path("ttlSecondsAfterFinished");
    return new DataLoadSpec(
        new DatasetName(
            namespace.isEmpty() ? own : namespace, spec.path("dataset").path("name").asText()),
        new LoadRequest(
            targets,
            LoadRequest.Mode.LOAD,
            spec.path("loadMetadata").asBoolean(false),
            new LoadOptions(1, replicas, bytesPerSecond(spec))),
        switch (spec.path("policy").asText("Once")) {
          case "Cron" -> Policy.CRON;
          case "OnEvent" -> Policy.ON_EVENT;
          default -> Policy.ONCE;
        },
        ttl.isIntegralNumber()
            ? Optional.of(Duration.ofSeconds(ttl.longValue()))
            : Optional.empty());
  }

  private static long bytesPerSecond(JsonNode spec) {
    String limit = spec.path("options").path(BANDWIDTH_LIMIT).asText("");
    return limit.isEmpty() ? 0 : bandwidth(limit).bytes();
  }

  /// Bytes in a second, as in `100MiB` or `100MiB/s`.
  ///
  /// @throws IllegalArgumentException naming the forms that are understood
  public static DataSize bandwidth(String text) {
    DataSize size;
    try {
      size = DataSize.parse(text.endsWith("/s") ? text.substring(0, text.length() - 2) : text);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a number of bytes in a second; write it like 100MiB or 1Gi", e);
    }
    if (size.bytes() == 0) {
      throw new IllegalArgumentException("'" + text + "' would let nothing through");
    }
    return size;
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
