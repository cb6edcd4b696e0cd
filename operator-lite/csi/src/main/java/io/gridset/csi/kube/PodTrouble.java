package io.gridset.csi.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/// Why a pod is not ready, as its status tells. Pure. Source: Kubernetes API, PodStatus.
final class PodTrouble {
  private PodTrouble() {}

  /// Empty when it is ready; an empty text when its status does not say why it is not.
  static Optional<String> of(JsonNode pod) {
    JsonNode status = pod.path("status");
    if (condition(status, "Ready").path("status").asText().equals("True")) {
      return Optional.empty();
    }
    for (JsonNode container : status.path("containerStatuses")) {
      String said = state(container);
      if (!said.isEmpty()) {
        return Optional.of("container " + container.path("name").asText() + " " + said);
      }
    }
    String phase = status.path("phase").asText();
    if (phase.equals("Failed") || phase.equals("Succeeded")) {
      return Optional.of("it has ended: " + words(status));
    }
    return Optional.of(words(condition(status, "PodScheduled")));
  }

  private static JsonNode condition(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return status.path("absent");
  }

  private static String state(JsonNode container) {
    JsonNode waiting = container.at("/state/waiting");
    JsonNode ended = container.at("/lastState/terminated");
    String restarts =
        ended.isObject()
            ? "; it ended "
                + container.path("restartCount").asInt()
                + " times, last with exit code "
                + ended.path("exitCode").asInt()
                + (words(ended).isEmpty() ? "" : " (" + words(ended) + ")")
            : "";
    if (container.at("/state/terminated").isObject()) {
      JsonNode now = container.at("/state/terminated");
      return "ended with exit code " + now.path("exitCode").asInt() + ": " + words(now);
    }
    if (waiting.isObject() && !waiting.path("reason").asText().equals("ContainerCreating")) {
      return "waits: " + words(waiting) + restarts;
    }
    if (container.at("/state/running").isObject()) {
      return "runs, and its mount does not answer yet (kubectl logs)" + restarts;
    }
    return "";
  }

  private static String words(JsonNode said) {
    String reason = said.path("reason").asText("");
    String message = said.path("message").asText("").strip();
    return message.isEmpty() ? reason : reason.isEmpty() ? message : reason + ": " + message;
  }
}
