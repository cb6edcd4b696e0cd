package io.gridset.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.unit.DataSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Optional;

/// Asks for reviews as an API server does, and applies the patches.
record Reviews(ClusterFacts facts) {
  static final ObjectMapper JSON = new ObjectMapper();
  static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  static SidecarSettings settings() {
    return new SidecarSettings(
        Optional.empty(), SidecarSettings.DEFAULT_MOUNT_ROOT, new DataSize(256L << 20));
  }

  static ObjectNode pod(String yaml) {
    try {
      return (ObjectNode) YAML.readTree(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ObjectNode review(JsonNode pod) {
    ObjectNode review = JSON.createObjectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    ObjectNode request = review.putObject("request");
    request.put("uid", "705ab4f5-6393-11e8-b7cc-42010a800002");
    request.put("namespace", "default").put("operation", "CREATE");
    request.putObject("resource").put("group", "").put("version", "v1").put("resource", "pods");
    request.set("object", pod);
    return review;
  }

  JsonNode response(JsonNode review) {
    try {
      byte[] answer =
          new AdmissionReviews(facts, settings()).answer(JSON.writeValueAsBytes(review));
      JsonNode response = JSON.readTree(answer).path("response");
      assertThat(response.path("uid")).isEqualTo(review.path("request").path("uid"));
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The pod as it is after the review.
  ObjectNode admitted(JsonNode pod) {
    JsonNode response = response(review(pod));
    assertThat(response.path("allowed").asBoolean()).as("%s", response).isTrue();
    return patched(pod, response);
  }

  /// What was said to a pod that is not admitted.
  String refusal(JsonNode pod) {
    JsonNode response = response(review(pod));
    assertThat(response.path("allowed").asBoolean()).as("allowed").isFalse();
    return response.path("status").path("message").asText();
  }

  static ObjectNode patched(JsonNode pod, JsonNode response) {
    ObjectNode changed = pod.deepCopy();
    if (!response.has("patch")) {
      return changed;
    }
    try {
      for (JsonNode step :
          JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()))) {
        String path = step.path("path").asText();
        int end = path.lastIndexOf('/');
        assertThat(step.path("op").asText()).isEqualTo("add");
        ((ObjectNode) changed.at(path.substring(0, end)))
            .set(path.substring(end + 1), step.get("value"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return changed;
  }
}
