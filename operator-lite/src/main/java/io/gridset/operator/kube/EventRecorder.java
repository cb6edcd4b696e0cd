package io.gridset.operator.kube;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.gridset.operator.reconcile.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes Events; the same of an object is one Event with a count. One that cannot be written is
/// logged: nothing depends on them. Thread-safe.
final class EventRecorder {
  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);

  /// Of a message; the API server takes no more (`core/validation`).
  private static final int MESSAGE_MAX = 1023;

  private final KubeWriter writer;
  private final InstantSource clock;

  EventRecorder(KubeWriter writer, InstantSource clock) {
    this.writer = writer;
    this.clock = clock;
  }

  void tell(Outcome.Event event) {
    ObjectNode of = event.object();
    String message =
        event.message().length() <= MESSAGE_MAX
            ? event.message()
            : event.message().substring(0, MESSAGE_MAX);
    CRC32 sum = new CRC32();
    String uid = of.at("/metadata/uid").asText();
    sum.update((uid + event.reason() + message).getBytes(StandardCharsets.UTF_8));
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String namespace = of.at("/metadata/namespace").asText();
    String name = of.at("/metadata/name").asText();
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("apiVersion", "v1").put("kind", "Event");
    object
        .putObject("metadata")
        .put("namespace", namespace)
        .put("name", name + "." + HexFormat.of().toHexDigits((int) sum.getValue()));
    object
        .putObject("involvedObject")
        .put("apiVersion", of.path("apiVersion").asText())
        .put("kind", of.path("kind").asText())
        .put("namespace", namespace)
        .put("name", name)
        .put("uid", uid)
        .put("resourceVersion", of.at("/metadata/resourceVersion").asText());
    object.put("type", event.weight().word()).put("reason", event.reason());
    object.put("message", message).put("count", 1);
    object.put("firstTimestamp", now).put("lastTimestamp", now);
    object.putObject("source").put("component", KubeWriter.FIELD_MANAGER);
    try {
      writer.event(object);
    } catch (KubernetesClientException e) {
      LOG.warn("an event of {}/{} was not written: {}", namespace, name, e.getMessage());
    }
  }
}
