package io.gridset.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.unit.DataSize;
import java.util.ArrayList;
import java.util.List;

/// What a runtime's manifest (of any kind) asks for, as far as a node acts on it.
///
/// @param tiers top tier first; a level with several paths becomes several tiers
public record RuntimeSpec(int replicas, List<TierDefinition> tiers) {
  /// Where Fluid puts memory levels that name no directory.
  private static final String DEFAULT_MEMORY_PATH = "/dev/shm";

  /// Fluid's usual marks, taken when a level names none.
  private static final double DEFAULT_HIGH = 0.95;

  private static final double DEFAULT_LOW = 0.7;

  public RuntimeSpec {
    tiers = List.copyOf(tiers);
  }

  /// Reads a document that [ManifestParser] accepted.
  ///
  /// @throws IllegalArgumentException when it did not
  public static RuntimeSpec of(JsonNode document) {
    FieldChecker checker = new FieldChecker();
    RuntimeSpec spec = read(document, checker);
    if (!checker.problems().isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", checker.problems()));
    }
    return spec;
  }

  /// Reads a document whose fields have the right shapes, telling `checker` what is wrong with
  /// their values.
  static RuntimeSpec read(JsonNode document, FieldChecker checker) {
    JsonNode spec = document.path("spec");
    List<TierDefinition> tiers = new ArrayList<>();
    JsonNode levels = spec.path("tieredstore").path("levels");
    for (int i = 0; i < levels.size(); i++) {
      readLevel(levels.get(i), "spec.tieredstore.levels[" + i + "]", checker, tiers);
    }
    return new RuntimeSpec(spec.path("replicas").asInt(1), tiers);
  }

  private static void readLevel(
      JsonNode level, String at, FieldChecker checker, List<TierDefinition> tiers) {
    Medium medium = Medium.valueOf(level.path("mediumtype").asText());
    String[] paths = level.path("path").asText("").split(",");
    if (paths[0].isBlank()) {
      if (medium != Medium.MEM) {
        checker.problem(at + ".path", "is required for " + medium);
        return;
      }
      paths[0] = DEFAULT_MEMORY_PATH;
    }
    for (String path : paths) {
      if (!path.strip().startsWith("/")) {
        checker.problem(at + ".path", "'" + path.strip() + "' is not absolute");
        return;
      }
    }
    List<DataSize> quotas = quotas(level, at, paths.length, checker);
    double high = level.path("high").asDouble(DEFAULT_HIGH);
    double low =
        level.hasNonNull("low") ? level.path("low").asDouble() : Math.min(DEFAULT_LOW, high);
    if (low > high) {
      checker.problem(at + ".low", "low (" + low + ") must not be above high (" + high + ")");
      return;
    }
    for (int i = 0; i < quotas.size(); i++) {
      tiers.add(new TierDefinition(medium, paths[i].strip(), quotas.get(i), high, low));
    }
  }

  /// One quota for each path, or none when there is a problem.
  private static List<DataSize> quotas(JsonNode level, String at, int paths, FieldChecker checker) {
    String list = level.path("quotaList").asText("");
    if (list.isBlank()) {
      if (!level.hasNonNull("quota")) {
        checker.problem(at + ".quota", "is required (or quotaList, one size for each path)");
        return List.of();
      }
      DataSize share = new DataSize(DataSize.parse(level.path("quota").asText()).bytes() / paths);
      return java.util.Collections.nCopies(paths, share);
    }
    String[] sizes = list.split(",");
    if (sizes.length != paths) {
      checker.problem(at + ".quotaList", "has " + sizes.length + " sizes for " + paths + " paths");
      return List.of();
    }
    List<DataSize> quotas = new ArrayList<>();
    for (String size : sizes) {
      try {
        quotas.add(DataSize.parse(size));
      } catch (IllegalArgumentException | ArithmeticException e) {
        checker.problem(at + ".quotaList", String.valueOf(e.getMessage()));
        return List.of();
      }
    }
    return quotas;
  }
}
