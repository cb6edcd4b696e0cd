package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.manifest.RuntimeSpec;
import io.gridset.core.unit.DataSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A runtime's manifest, of whichever kind, as the operator acts on it.
///
/// @param tiers with the volumes that hold them
record RuntimeView(JsonNode document, int replicas, List<Tier> tiers) {
  /// What Fluid gives a VineyardRuntime that names no tier.
  private static final DataSize OBJECTS_DEFAULT = DataSize.parse("4Gi");

  /// One directory of the cache.
  ///
  /// @param volumeType `hostPath` or `emptyDir`
  /// @param source the user's own volume, or a missing node
  record Tier(TierDefinition definition, String volumeType, JsonNode source) {}

  /// @throws IllegalArgumentException naming the field that is wrong
  static RuntimeView of(JsonNode document) {
    RuntimeSpec spec = RuntimeSpec.of(document);
    List<Tier> tiers = new ArrayList<>();
    int next = 0;
    for (JsonNode level : document.at("/spec/tieredstore/levels")) {
      int paths = level.path("path").asText("").split(",").length;
      for (int i = 0; i < paths; i++) {
        tiers.add(
            new Tier(
                spec.tiers().get(next++),
                level.path("volumeType").asText("hostPath"),
                level.path("volumeSource")));
      }
    }
    if (tiers.isEmpty() && isVineyard(document)) {
      tiers.add(
          new Tier(
              new TierDefinition(Medium.MEM, "/dev/shm", OBJECTS_DEFAULT, 0.95, 0.7),
              "emptyDir",
              document.path("absent")));
    }
    return new RuntimeView(document, spec.replicas(), tiers);
  }

  private static boolean isVineyard(JsonNode document) {
    return document.path("kind").asText().equals("VineyardRuntime");
  }

  boolean holdsObjects() {
    return isVineyard(document);
  }

  /// `jindo` of a JindoRuntime, and so on.
  static String type(JsonNode runtime) {
    return runtime.path("kind").asText().replace("Runtime", "").toLowerCase(Locale.ROOT);
  }

  String uid() {
    return Json.text(document, "/metadata/uid");
  }

  JsonNode worker() {
    return document.at("/spec/worker");
  }

  JsonNode fuse() {
    return document.at("/spec/fuse");
  }

  /// Only our own kind's images are Gridset's; those of the others are other engines.
  String image(String byDefault) {
    JsonNode spec = document.path("spec");
    if (!document.path("kind").asText().equals("GridRuntime") || !spec.hasNonNull("image")) {
      return byDefault;
    }
    String tag = spec.path("imageTag").asText("");
    return spec.path("image").asText() + (tag.isEmpty() ? "" : ":" + tag);
  }

  long bytes(Medium medium) {
    return tiers.stream()
        .filter(tier -> tier.definition().medium() == medium)
        .mapToLong(tier -> tier.definition().quota().bytes())
        .sum();
  }

  long bytes() {
    return tiers.stream().mapToLong(tier -> tier.definition().quota().bytes()).sum();
  }
}
