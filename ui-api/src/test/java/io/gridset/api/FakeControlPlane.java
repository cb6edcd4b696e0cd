package io.gridset.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.control.ManifestException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Keeps what it is given; refuses a Dataset whose `spec.mounts[0].mountpoint` is misspelt.
public final class FakeControlPlane implements ControlPlane {
  private static final YAMLMapper YAML = new YAMLMapper();
  private final Map<String, JsonNode> resources = new TreeMap<>();

  public synchronized void put(String yaml) {
    try {
      ObjectNode resource = (ObjectNode) YAML.readTree(yaml);
      resources.put(key(resource), resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String key(JsonNode resource) {
    return resource.path("kind").asText()
        + "|"
        + resource.at("/metadata/namespace").asText("default")
        + "/"
        + resource.at("/metadata/name").asText();
  }

  @Override
  public synchronized List<ApplyOutcome> apply(String manifests, String namespace, ApplyMode mode)
      throws ManifestException {
    List<ApplyOutcome> outcomes = new ArrayList<>();
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(manifests)) {
      while (documents.hasNext()) {
        JsonNode document = documents.next();
        String kind = document.path("kind").asText();
        String name = document.at("/metadata/name").asText();
        if (document.at("/spec/mounts/0").has("mountpoint")) {
          throw new ManifestException(
              List.of(
                  "Dataset default/"
                      + name
                      + ": spec.mounts[0].mountpoint: unknown field, did you mean mountPoint?"));
        }
        if (ResourceKind.find(kind).isEmpty()) {
          outcomes.add(
              new ApplyOutcome(
                  kind, namespace, name, ApplyOutcome.Action.SKIPPED, "means nothing here"));
          continue;
        }
        ObjectNode resource = document.deepCopy();
        ObjectNode metadata = (ObjectNode) resource.path("metadata");
        if (!metadata.has("namespace")) {
          metadata.put("namespace", namespace);
        }
        ApplyOutcome.Action action =
            resources.containsKey(key(resource))
                ? ApplyOutcome.Action.CONFIGURED
                : ApplyOutcome.Action.CREATED;
        if (mode == ApplyMode.APPLY) {
          resources.put(key(resource), resource);
        }
        outcomes.add(new ApplyOutcome(kind, metadata.path("namespace").asText(), name, action, ""));
      }
    } catch (IOException e) {
      throw new ManifestException(List.of("not YAML: " + e.getMessage()));
    }
    return outcomes;
  }

  @Override
  public synchronized List<JsonNode> list(ResourceKind kind, Optional<String> namespace) {
    return resources.values().stream()
        .filter(r -> r.path("kind").asText().equals(kind.kind()))
        .filter(
            r ->
                namespace.isEmpty() || namespace.get().equals(r.at("/metadata/namespace").asText()))
        .toList();
  }

  @Override
  public synchronized Optional<JsonNode> get(ResourceKind kind, DatasetName name) {
    return Optional.ofNullable(resources.get(kind.kind() + "|" + name)).map(JsonNode::deepCopy);
  }

  @Override
  public List<JsonNode> events(ResourceKind kind, DatasetName name) {
    return List.of(
        YAML.createObjectNode()
            .put("time", "2026-11-22T11:59:00Z")
            .put("type", "Normal")
            .put("reason", "Bound")
            .put("message", "all mounts answer"));
  }

  @Override
  public synchronized boolean delete(ResourceKind kind, DatasetName name) {
    boolean found = resources.remove(kind.kind() + "|" + name) != null;
    if (kind == ResourceKind.DATASET) {
      resources.remove(ResourceKind.JINDO_RUNTIME.kind() + "|" + name);
    }
    return found;
  }

  @Override
  public void close() {}
}
