package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/// Answers reviews of the API `admission.k8s.io/v1`. It writes nothing anywhere, so that a dry run
/// is like any other. Thread-safe.
public final class AdmissionReviews {
  /// Longest review that is read; objects in etcd are no larger than 1.5 MiB.
  public static final int BYTES_MAX = 8 << 20;

  private static final String API_VERSION = "admission.k8s.io/v1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PodInjector injector;

  public AdmissionReviews(ClusterFacts facts, SidecarSettings settings) {
    this.injector = new PodInjector(facts, settings);
  }

  /// The answer to one review, as the API server sent it.
  ///
  /// @throws IOException when this is no review; the message says what is missing
  public byte[] answer(byte[] review) throws IOException {
    JsonNode read = JSON.readTree(review);
    if (read == null || !API_VERSION.equals(read.path("apiVersion").asText())) {
      throw new IOException("this is no AdmissionReview of " + API_VERSION);
    }
    if (!(read.path("request") instanceof ObjectNode request)
        || request.path("uid").asText().isEmpty()) {
      throw new IOException("the review has no request with a uid");
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.put("apiVersion", API_VERSION).put("kind", "AdmissionReview");
    ObjectNode response = answer.putObject("response");
    response.put("uid", request.path("uid").asText());
    write(decide(request), response);
    return JSON.writeValueAsBytes(answer);
  }

  private Outcome decide(ObjectNode request) {
    boolean isNewPod =
        request.path("operation").asText().equals("CREATE")
            && request.path("resource").path("resource").asText().equals("pods")
            && request.path("subResource").asText().isEmpty();
    return isNewPod && request.path("object") instanceof ObjectNode pod
        ? injector.inject(
            new PodRequest(request.path("uid").asText(), request.path("namespace").asText(), pod))
        : new Outcome.Untouched();
  }

  private static void write(Outcome outcome, ObjectNode response) throws IOException {
    switch (outcome) {
      case Outcome.Untouched() -> response.put("allowed", true);
      case Outcome.Changed(ArrayNode patch, List<String> warnings) -> {
        response.put("allowed", true);
        if (!patch.isEmpty()) {
          byte[] text = JSON.writeValueAsString(patch).getBytes(StandardCharsets.UTF_8);
          response.put("patchType", "JSONPatch");
          response.put("patch", Base64.getEncoder().encodeToString(text));
        }
        if (!warnings.isEmpty()) {
          ArrayNode list = response.putArray("warnings");
          warnings.forEach(list::add);
        }
      }
      // A reason of its own, such as Invalid, would make kubectl pass over the message.
      case Outcome.Refused(String message) ->
          response
              .put("allowed", false)
              .putObject("status")
              .put("status", "Failure")
              .put("reason", "Forbidden")
              .put("code", 403)
              .put("message", message);
    }
  }
}
