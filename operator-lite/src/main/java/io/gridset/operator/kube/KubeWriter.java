package io.gridset.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.gridset.core.unit.Ticker;
import io.gridset.operator.reconcile.Names;
import io.gridset.operator.reconcile.ObjectSameness;
import io.gridset.operator.reconcile.Outcome.Annotation;
import io.gridset.operator.reconcile.Outcome.MetadataChange;
import io.gridset.operator.reconcile.RuntimeTokens;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/// Writes to the API server: by server-side apply under one name, and only what differs.
/// Thread-safe.
final class KubeWriter {
  static final String FIELD_MANAGER = "gridset-operator";

  /// Tells fields that are wanted no more from fields that others added.
  private static final String RENDERED = "gridset.io/rendered";

  /// With the dataset's name.
  private static final String READER_MANAGER = "gridset-reader-";

  private static final Duration APPLY_AGAIN = Duration.ofMinutes(5);
  private static final int BAD_REQUEST = 400;
  private static final int CONFLICT = 409;
  private static final int UNPROCESSABLE = 422;
  private static final JsonMapper JSON = new JsonMapper();

  private final KubernetesClient client;
  private final Mirror mirror;

  /// Secrets that are known to exist, by namespace and name: they cannot be watched.
  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  private final Map<String, Applied> readers = new ConcurrentHashMap<>();
  private final Ticker ticker = Ticker.system();

  KubeWriter(KubernetesClient client, Mirror mirror) {
    this.client = client;
    this.mirror = mirror;
  }

  /// Makes an object what is wanted.
  void apply(ObjectNode wanted) {
    WatchedKind kind = WatchedKind.of(wanted.path("kind").asText());
    switch (kind) {
      case SECRET -> {
        if (name(wanted).equals(RuntimeTokens.READERS)) {
          applyReaders(wanted);
        } else {
          createSecret(wanted);
        }
      }
      case PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM -> createOnce(kind, wanted);
      case JOB -> createJob(wanted);
      default -> applyWhole(kind, wanted);
    }
  }

  /// Each dataset's entry is a field of its own manager, so that none takes another's away. The
  /// Secret cannot be watched: what was applied is applied again from time to time.
  private void applyReaders(ObjectNode wanted) {
    String entry = wanted.path("data").fieldNames().next();
    Applied applied = new Applied(hash(wanted), ticker.nanos());
    String key = namespace(wanted) + "/" + entry;
    Applied before = readers.get(key);
    if (before == null
        || !before.hash.equals(applied.hash)
        || applied.atNanos - before.atNanos > APPLY_AGAIN.toNanos()) {
      var _ =
          resource(WatchedKind.SECRET, wanted)
              .fieldManager(READER_MANAGER + entry)
              .forceConflicts()
              .serverSideApply();
      readers.put(key, applied);
    }
  }

  private record Applied(String hash, long atNanos) {}

  private void createSecret(ObjectNode wanted) {
    String key = namespace(wanted) + "/" + name(wanted);
    if (secrets.contains(key)) {
      return;
    }
    try {
      resource(WatchedKind.SECRET, wanted).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
    }
    secrets.add(key);
  }

  /// Hardly a field of a volume can be changed: it stays as it was made until it is removed.
  private void createOnce(WatchedKind kind, ObjectNode wanted) {
    if (mirror.find(kind, namespace(wanted), name(wanted)).isPresent()) {
      return;
    }
    try {
      resource(kind, wanted).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      GenericKubernetesResource present = resource(kind, wanted).get();
      if (present != null
          && !Names.MANAGER.equals(
              Objects.requireNonNullElse(
                      present.getMetadata().getLabels(), Map.<String, String>of())
                  .get(Names.MANAGED_BY))) {
        throw new ForeignObjectException(
            kind.kind() + " " + name(wanted) + " exists, and Gridset did not make it");
      }
    }
  }

  /// Hardly a field of a Job can be changed: one that exists stays.
  ///
  /// @throws RefusedObjectException when the API server would not have it
  private void createJob(ObjectNode wanted) {
    try {
      createOnce(WatchedKind.JOB, wanted);
    } catch (KubernetesClientException e) {
      if (e.getCode() != UNPROCESSABLE && e.getCode() != BAD_REQUEST) {
        throw e;
      }
      throw new RefusedObjectException(String.valueOf(e.getMessage()), e);
    } catch (ForeignObjectException e) {
      throw new RefusedObjectException(String.valueOf(e.getMessage()), e);
    }
  }

  private void applyWhole(WatchedKind kind, ObjectNode wanted) {
    String hash = hash(wanted);
    ObjectNode marked = wanted.deepCopy();
    marked.withObject("/metadata/annotations").put(RENDERED, hash);
    Optional<ObjectNode> present = mirror.find(kind, namespace(wanted), name(wanted));
    if (present.isEmpty() || !ObjectSameness.holds(present.get(), marked)) {
      resource(kind, marked).fieldManager(FIELD_MANAGER).forceConflicts().serverSideApply();
    }
  }

  private static String hash(JsonNode object) {
    CRC32 sum = new CRC32();
    sum.update(object.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  void delete(ObjectNode object) {
    WatchedKind kind = WatchedKind.of(object.path("kind").asText());
    var _ =
        named(kind, namespace(object), name(object))
            .withPropagationPolicy(DeletionPropagation.BACKGROUND)
            .delete();
  }

  /// Fails when the object was changed meanwhile.
  void change(MetadataChange change) {
    ObjectNode metadata = JSON.createObjectNode();
    metadata.set("resourceVersion", change.object().at("/metadata/resourceVersion"));
    change.finalizers().forEach(metadata.putArray("finalizers")::add);
    change.ownerReferences().forEach(metadata.putArray("ownerReferences")::add);
    ObjectNode patch = JSON.createObjectNode();
    patch.set("metadata", metadata);
    WatchedKind kind = WatchedKind.of(change.object().path("kind").asText());
    patch(kind, change.object(), patch);
  }

  private void patch(WatchedKind kind, ObjectNode object, ObjectNode patch) {
    var _ =
        named(kind, namespace(object), name(object))
            .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
  }

  void label(String node, Map<String, Optional<String>> labels) {
    ObjectNode patch = JSON.createObjectNode();
    ObjectNode changed = patch.putObject("metadata").putObject("labels");
    labels.forEach((key, value) -> changed.put(key, value.orElse(null)));
    var _ =
        named(WatchedKind.NODE, "", node)
            .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
  }

  void annotate(Annotation annotation) {
    ObjectNode object = annotation.object();
    ObjectNode patch = JSON.createObjectNode();
    patch
        .withObject("/metadata/annotations")
        .put(annotation.key(), annotation.value().orElse(null));
    patch(WatchedKind.of(object.path("kind").asText()), object, patch);
  }

  /// Fails when the object was changed meanwhile.
  void status(ObjectNode object) {
    resource(WatchedKind.of(object.path("kind").asText()), object).updateStatus();
  }

  /// Creates an event, or counts one up that says the same.
  void event(ObjectNode event) {
    try {
      resource(WatchedKind.EVENT, event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      Object count =
          resource(WatchedKind.EVENT, event).get().getAdditionalProperties().get("count");
      ObjectNode again = JSON.createObjectNode();
      again.put("count", count instanceof Number number ? number.intValue() + 1 : 2);
      again.set("lastTimestamp", event.path("lastTimestamp"));
      patch(WatchedKind.EVENT, event, again);
    }
  }

  /// Pods that have not ended and use a claim.
  List<String> podsUsing(String namespace, String claim) {
    return client.pods().inNamespace(namespace).list().getItems().stream()
        .filter(
            pod ->
                !List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase())
                    && pod.getSpec().getVolumes().stream()
                        .anyMatch(
                            volume ->
                                volume.getPersistentVolumeClaim() != null
                                    && volume
                                        .getPersistentVolumeClaim()
                                        .getClaimName()
                                        .equals(claim)))
        .map(pod -> pod.getMetadata().getName())
        .sorted()
        .toList();
  }

  private Resource<GenericKubernetesResource> resource(WatchedKind kind, ObjectNode object) {
    try {
      GenericKubernetesResource typed = JSON.treeToValue(object, GenericKubernetesResource.class);
      var all = client.genericKubernetesResources(kind.context());
      return kind.context().isNamespaceScoped()
          ? all.inNamespace(namespace(object)).resource(typed)
          : all.resource(typed);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an object of ours is no object of Kubernetes", e);
    }
  }

  private Resource<GenericKubernetesResource> named(
      WatchedKind kind, String namespace, String name) {
    var all = client.genericKubernetesResources(kind.context());
    return kind.context().isNamespaceScoped()
        ? all.inNamespace(namespace).withName(name)
        : all.withName(name);
  }

  private static String namespace(ObjectNode object) {
    return object.at("/metadata/namespace").asText("");
  }

  private static String name(ObjectNode object) {
    return object.at("/metadata/name").asText();
  }
}
