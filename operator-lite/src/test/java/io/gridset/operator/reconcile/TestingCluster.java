package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DatasetGrants;
import io.gridset.core.manifest.DatasetSpec;
import io.gridset.core.manifest.Scenarios;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A cluster in memory, as far as decisions see it: manifests with the metadata that an API server
/// gives, objects that the operator made, pods, nodes and what members tell.
final class TestingCluster {
  static final Settings SETTINGS =
      new Settings(
          "registry.example/gridset:0.1",
          new RuntimeTokens(new byte[32]),
          DatasetGrants.WithoutGrants.EVERYBODY);

  Settings settings = SETTINGS;
  final List<ObjectNode> manifests = new ArrayList<>();
  final List<ObjectNode> owned = new ArrayList<>();
  final Map<String, Map<String, String>> nodes = new HashMap<>();
  final List<String> users = new ArrayList<>();
  final Map<String, String> refused = new HashMap<>();
  GridReport report = GridReport.none();
  Instant now = Instant.parse("2026-11-22T12:00:00Z");

  static TestingCluster ofScenario(String file) {
    return of(Scenarios.read(file));
  }

  static TestingCluster of(String text) {
    TestingCluster cluster = new TestingCluster();
    try (var documents =
        new YAMLMapper().readerFor(ObjectNode.class).<ObjectNode>readValues(text)) {
      while (documents.hasNext()) {
        ObjectNode document = documents.next();
        if (!document.path("apiVersion").asText().startsWith("data.fluid.io")) {
          continue;
        }
        ObjectNode metadata = document.withObject("/metadata");
        if (!metadata.has("namespace")) {
          metadata.put("namespace", "default");
        }
        metadata.put("uid", "00000000-0000-4000-8000-00000000000" + cluster.manifests.size());
        metadata.put("generation", 1);
        metadata.put("resourceVersion", "1");
        metadata.put("creationTimestamp", "2026-11-22T11:59:00Z");
        cluster.manifests.add(document);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cluster;
  }

  ObjectNode find(String kind, String name) {
    return manifests.stream()
        .filter(each -> each.path("kind").asText().endsWith(kind))
        .filter(each -> each.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  void pod(String name, String role, String node, String address) {
    owned.add(
        Json.of(
            "apiVersion", "v1",
            "kind", "Pod",
            "metadata",
                Json.of(
                    "name",
                    name,
                    "namespace",
                    "default",
                    "labels",
                    Map.of("role", role, "app", role.replaceAll("-.*", ""))),
            "spec", Json.of("nodeName", node),
            "status",
                Json.of(
                    "podIP",
                    address,
                    "conditions",
                    Json.list(Json.of("type", "Ready", "status", "True")))));
  }

  /// What members say of a manifest, by now.
  void told(ObjectNode manifest, ObjectNode status) {
    ObjectNode held = Documents.forMembers(manifest);
    held.set("status", status);
    List<JsonNode> all = new ArrayList<>(report.resources());
    all.removeIf(other -> GridReport.annotation(other).equals(GridReport.annotation(held)));
    all.add(held);
    report = new GridReport(all, report.held(), report.origin(), Optional.empty());
  }

  Observed observed(String namespace, String name) {
    DatasetName wanted = new DatasetName(namespace, name);
    List<ObjectNode> datasets = ofKind("Dataset").toList();
    Optional<ObjectNode> dataset =
        datasets.stream().filter(each -> nameOf(each).equals(wanted)).findFirst();
    return new Observed(
        wanted,
        dataset,
        ofKind("Runtime").filter(each -> nameOf(each).equals(wanted)).toList(),
        new Observed.Operations(
            manifests.stream()
                .filter(OperationView::isOperation)
                .filter(each -> DatasetReconciler.concerned(each).contains(wanted))
                .toList(),
            manifests.stream().filter(OperationView::isOperation).toList()),
        datasets.stream().filter(each -> refersTo(each).equals(Optional.of(wanted))).toList(),
        dataset
            .flatMap(TestingCluster::refersTo)
            .flatMap(to -> datasets.stream().filter(each -> nameOf(each).equals(to)).findFirst())
            .map(
                original ->
                    new Observed.Original(
                        original,
                        ofKind("Runtime")
                            .filter(each -> nameOf(each).equals(nameOf(original)))
                            .toList())),
        new Observed.Owned(owned, nodes, users, refused),
        report,
        now);
  }

  Outcome decide(String namespace, String name) {
    return DatasetReconciler.reconcile(observed(namespace, name), settings);
  }

  /// Decides, and makes the cluster so: wanted objects are there, statuses and finalizers written.
  Outcome reconcile(String namespace, String name) {
    return reconcile(namespace, name, Integer.MAX_VALUE);
  }

  /// The same by an operator that dies after some writes.
  Outcome reconcile(String namespace, String name, int writes) {
    Outcome outcome = decide(namespace, name);
    List<Runnable> all = new ArrayList<>();
    outcome.delete().forEach(object -> all.add(() -> delete(object)));
    outcome.metadata().forEach(change -> all.add(() -> change(change)));
    outcome.apply().stream()
        .filter(wanted -> !wanted.path("kind").asText().equals("Secret"))
        .forEach(wanted -> all.add(() -> apply(wanted)));
    outcome.nodes().forEach((node, labels) -> all.add(() -> label(node, labels)));
    outcome.statuses().forEach(object -> all.add(() -> status(object)));
    outcome.annotations().forEach(annotation -> all.add(() -> annotate(annotation)));
    all.stream().limit(writes).forEach(Runnable::run);
    return outcome;
  }

  private void apply(ObjectNode wanted) {
    boolean present =
        owned.removeIf(
            there ->
                there.path("kind").equals(wanted.path("kind"))
                    && there.at("/metadata/name").equals(wanted.at("/metadata/name")));
    if (present && wanted.path("kind").asText().equals("Job")) {
      throw new AssertionError("a Job cannot be changed: " + wanted);
    }
    owned.add(wanted.deepCopy());
  }

  private void delete(ObjectNode deleted) {
    owned.remove(deleted);
    if (manifests.contains(deleted)) {
      deleted.withObject("/metadata").put("deletionTimestamp", "now");
    }
    collect();
  }

  private void collect() {
    manifests.removeIf(
        each ->
            each.path("metadata").has("deletionTimestamp")
                && each.at("/metadata/finalizers").isEmpty());
  }

  private void change(Outcome.MetadataChange change) {
    ObjectNode metadata = manifests.get(manifests.indexOf(change.object())).withObject("/metadata");
    metadata.set("finalizers", Json.listOf(change.finalizers()));
    metadata.set("ownerReferences", Json.listOf(change.ownerReferences()));
    collect();
  }

  private void status(ObjectNode object) {
    find(object.path("kind").asText(), object.at("/metadata/name").asText())
        .set("status", object.path("status"));
  }

  private void annotate(Outcome.Annotation annotation) {
    find("Dataset", annotation.object().at("/metadata/name").asText())
        .withObject("/metadata/annotations")
        .put(annotation.key(), annotation.value().orElse(null));
  }

  private void label(String node, Map<String, Optional<String>> labels) {
    labels.forEach(
        (key, value) -> {
          nodes.get(node).remove(key);
          value.ifPresent(text -> nodes.get(node).put(key, text));
        });
  }

  private java.util.stream.Stream<ObjectNode> ofKind(String kind) {
    return manifests.stream().filter(each -> each.path("kind").asText().endsWith(kind));
  }

  private static Optional<DatasetName> refersTo(ObjectNode dataset) {
    return DatasetSpec.of(dataset).reference().map(reference -> reference.original());
  }

  private static DatasetName nameOf(ObjectNode object) {
    return new DatasetName(
        object.at("/metadata/namespace").asText(), object.at("/metadata/name").asText());
  }
}
