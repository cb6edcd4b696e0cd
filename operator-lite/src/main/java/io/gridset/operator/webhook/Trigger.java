package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/// What a pod's labels ask for, in Fluid's words and those of Alibaba's clusters.
enum Trigger {
  /// Nothing.
  NONE,
  /// A container that mounts the datasets.
  SIDECAR,
  /// One that may do so without being privileged.
  UNPRIVILEGED_SIDECAR,
  /// To be scheduled near the data; nodes mount the datasets.
  AFFINITY;

  private static final String TRUE = "true";
  private static final Set<String> TARGETS = Set.of("eci", "acs");

  static Trigger of(JsonNode labels) {
    if (is(labels, "fluid.io/enable-injection", "false")) {
      return NONE;
    }
    if (is(labels, "serverless.fluid.io/inject", TRUE)
        || is(labels, "fuse.sidecar.fluid.io/inject", TRUE)
        || TARGETS.contains(labels.path("alibabacloud.com/fluid-sidecar-target").asText())) {
      return is(labels, "unprivileged.sidecar.fluid.io/inject", TRUE)
          ? UNPRIVILEGED_SIDECAR
          : SIDECAR;
    }
    return is(labels, "fuse.serverful.fluid.io/inject", TRUE) ? AFFINITY : NONE;
  }

  private static boolean is(JsonNode labels, String key, String value) {
    return labels.path(key).asText().equals(value);
  }
}
