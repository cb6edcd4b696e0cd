package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.unit.DataSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Renders the workers of a runtime: the members of one grid. Only they mount the Secrets of the
/// stores. Pure.
final class WorkerRenderer {
  /// Heap, direct memory, the read budget and what a Java process needs besides, without the tiers.
  static final DataSize BESIDE_TIERS = DataSize.parse("1536Mi");

  /// The least that a node takes for objects.
  private static final DataSize NO_OBJECTS = DataSize.parse("1Mi");

  /// A worker that is told to end hands its blocks to the others first.
  private static final String DRAIN = "60s";

  private static final int GRACE_SECONDS = 120;

  private final Names names;
  private final JsonNode dataset;
  private final RuntimeView runtime;
  private final Settings settings;
  private final WorkerVolumes volumes;

  WorkerRenderer(Names names, JsonNode dataset, RuntimeView runtime, Settings settings) {
    this.names = names;
    this.dataset = dataset;
    this.runtime = runtime;
    this.settings = settings;
    this.volumes = new WorkerVolumes(names, dataset, runtime, settings);
  }

  /// All but the StatefulSet, in the order in which they should come.
  List<ObjectNode> surroundings() {
    return List.of(tokens(), account(), service(), policy());
  }

  private ObjectNode tokens() {
    RuntimeTokens secrets = settings.secrets();
    return secret(
        secrets.secretName(names.dataset().name(), runtime.uid()),
        Json.of("api", secrets.api(runtime.uid()), "cluster", secrets.cluster(runtime.uid())));
  }

  private ObjectNode secret(String name, ObjectNode data) {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "Secret",
        "metadata",
        metadata(name),
        "type",
        "Opaque",
        "stringData",
        data);
  }

  /// Members find each other by DNS, so that it needs no rights at all.
  private ObjectNode account() {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "ServiceAccount",
        "metadata",
        metadata(names.worker()),
        "automountServiceAccountToken",
        false);
  }

  private ObjectNode service() {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "Service",
        "metadata",
        metadata(names.worker()),
        "spec",
        Json.of(
            "clusterIP",
            "None",
            // Members find each other before they are ready, and readers find them while busy.
            "publishNotReadyAddresses",
            true,
            "selector",
            names.selector("worker"),
            "ports",
            Json.list(
                port("grid", Names.gridPort()),
                port("data", Names.dataPort()),
                port("api", Names.apiPort()))));
  }

  private static ObjectNode port(String name, int number) {
    return Json.of("name", name, "port", number, "protocol", "TCP", "targetPort", number);
  }

  /// Hazelcast's port knows no tokens: members only. The others demand one.
  private ObjectNode policy() {
    return Json.of(
        "apiVersion",
        "networking.k8s.io/v1",
        "kind",
        "NetworkPolicy",
        "metadata",
        metadata(names.worker()),
        "spec",
        Json.of(
            "podSelector",
            Json.of("matchLabels", names.selector("worker")),
            "policyTypes",
            List.of("Ingress"),
            "ingress",
            Json.list(
                Json.of(
                    "from",
                    Json.list(
                        Json.of("podSelector", Json.of("matchLabels", names.selector("worker")))),
                    "ports",
                    Json.list(allowed(Names.gridPort()))),
                Json.of("ports", Json.list(allowed(Names.dataPort()))),
                Json.of(
                    "from",
                    Json.list(
                        Json.of(
                            "namespaceSelector",
                            Json.of(),
                            "podSelector",
                            Json.of(
                                "matchLabels",
                                Map.of("app.kubernetes.io/name", "gridset-operator")))),
                    "ports",
                    Json.list(allowed(Names.apiPort()))))));
  }

  private static ObjectNode allowed(int port) {
    return Json.of("port", port, "protocol", "TCP");
  }

  ObjectNode statefulSet(int replicas) {
    Map<String, String> labels = podLabels();
    return Json.of(
        "apiVersion",
        "apps/v1",
        "kind",
        "StatefulSet",
        "metadata",
        metadata(names.worker()),
        "spec",
        Json.of(
            "replicas", replicas,
            "serviceName", names.worker(),
            "podManagementPolicy", "Parallel",
            "selector", Json.of("matchLabels", names.selector("worker")),
            "template",
                Json.of(
                    "metadata",
                    Json.of("labels", labels, "annotations", podMetadata("annotations")),
                    "spec",
                    pod())));
  }

  private Map<String, String> podLabels() {
    Map<String, String> labels = podMetadata("labels");
    labels.putAll(Json.texts(runtime.worker().path("labels")));
    labels.putAll(names.labels());
    labels.put("fluid.io/dataset", names.datasetLabel());
    labels.put("fluid.io/dataset-placement", PodPlacement.placement(dataset));
    labels.putAll(names.selector("worker"));
    return labels;
  }

  private Map<String, String> podMetadata(String what) {
    Map<String, String> all = new TreeMap<>();
    all.putAll(Json.texts(runtime.document().at("/spec/podMetadata/" + what)));
    all.putAll(Json.texts(runtime.worker().path("podMetadata").path(what)));
    return all;
  }

  private ObjectNode pod() {
    return Json.of(
        "serviceAccountName", names.worker(),
        "automountServiceAccountToken", false,
        "terminationGracePeriodSeconds", GRACE_SECONDS,
        "securityContext", Json.of("seccompProfile", Json.of("type", "RuntimeDefault")),
        "affinity", PodPlacement.affinity(dataset, runtime.worker()),
        "nodeSelector", Json.texts(runtime.worker().path("nodeSelector")),
        "priorityClassName", Json.present(runtime.worker(), "/priorityClassName"),
        "tolerations", PodPlacement.tolerations(dataset, runtime.worker()),
        "imagePullSecrets", PodPlacement.pullSecrets(runtime.document(), runtime.worker()),
        "containers", Json.list(container()),
        "volumes", volumes.volumes());
  }

  private ObjectNode container() {
    return Json.of(
        "name", "worker",
        "image", runtime.image(settings.image()),
        "imagePullPolicy", Json.present(runtime.document(), "/spec/imagePullPolicy"),
        "command", List.of("gridset"),
        "args", arguments(),
        "env", environment(),
        "ports",
            Json.list(
                containerPort("grid", Names.gridPort()),
                containerPort("data", Names.dataPort()),
                containerPort("api", Names.apiPort())),
        "resources", resources(),
        "readinessProbe",
            Json.of(
                "tcpSocket", Json.of("port", Names.apiPort()),
                "periodSeconds", 2,
                "failureThreshold", 5),
        "securityContext",
            Json.of(
                "allowPrivilegeEscalation", false, "capabilities", Json.of("drop", List.of("ALL"))),
        "volumeMounts", volumes.mounts());
  }

  private static ObjectNode containerPort(String name, int number) {
    return Json.of("name", name, "containerPort", number, "protocol", "TCP");
  }

  private List<String> arguments() {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "up",
                "--cluster=" + runtime.uid(),
                "--join=dns:"
                    + names.worker()
                    + "."
                    + names.dataset().namespace()
                    + ".svc:"
                    + Names.gridPort(),
                "--grid-listen=$(POD_IP):" + Names.gridPort(),
                "--data-listen=$(POD_IP):" + Names.dataPort(),
                "--listen=$(POD_IP):" + Names.apiPort(),
                "--node-name=$(POD_NAME)",
                "--cluster-token-file=" + WorkerVolumes.TOKENS + "/cluster",
                "--drain-timeout=" + DRAIN,
                "--state-dir=" + WorkerVolumes.STATE,
                "--run-dir=" + WorkerVolumes.RUN,
                "--memory=" + runtime.bytes()));
    // Otherwise objects would take a share of the machine's memory, which is not the pod's.
    arguments.add(
        "--objects-quota="
            + (runtime.holdsObjects() ? runtime.bytes(Medium.MEM) : NO_OBJECTS.bytes()));
    return arguments;
  }

  private ArrayNode environment() {
    ArrayNode environment =
        Json.list(fromField("POD_IP", "status.podIP"), fromField("POD_NAME", "metadata.name"));
    JsonNode given = runtime.worker().path("env");
    if (given.isArray()) {
      given.forEach(environment::add);
    } else {
      Json.texts(given)
          .forEach((name, value) -> environment.add(Json.of("name", name, "value", value)));
    }
    return environment;
  }

  private static ObjectNode fromField(String name, String field) {
    return Json.of(
        "name",
        name,
        "valueFrom",
        Json.of("fieldRef", Json.of("apiVersion", "v1", "fieldPath", field)));
  }

  /// Pages of a memory tier count against the pod's limit, whatever volume they are in.
  private ObjectNode resources() {
    ObjectNode resources =
        runtime.worker().path("resources") instanceof ObjectNode given
            ? given.deepCopy()
            : Json.of();
    String needed = quantity(neededMemory());
    for (String part : List.of("requests", "limits")) {
      ObjectNode amounts =
          resources.get(part) instanceof ObjectNode object ? object : resources.putObject(part);
      if (!amounts.has("memory")) {
        JsonNode other = resources.path(part.equals("requests") ? "limits" : "requests");
        amounts.put("memory", other.hasNonNull("memory") ? other.path("memory").asText() : needed);
      }
    }
    return resources;
  }

  private long neededMemory() {
    return runtime.bytes(Medium.MEM) + BESIDE_TIERS.bytes();
  }

  /// What is wrong with the user's own memory limit; empty when nothing is.
  String memoryProblem() {
    String limit = Json.text(runtime.worker(), "/resources/limits/memory");
    if (limit.isEmpty() || DataSize.parse(limit).bytes() >= neededMemory()) {
      return "";
    }
    return "spec.worker.resources.limits.memory: "
        + limit
        + " is too little: the memory tiers take "
        + quantity(runtime.bytes(Medium.MEM))
        + " of it, and a worker needs "
        + quantity(BESIDE_TIERS.bytes())
        + " besides";
  }

  /// As an API server writes it back.
  static String quantity(long bytes) {
    String[] units = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
    int unit = 0;
    long amount = bytes;
    while (amount != 0 && amount % 1024 == 0 && unit < units.length - 1) {
      amount /= 1024;
      unit++;
    }
    return amount + units[unit];
  }

  private ObjectNode metadata(String name) {
    return Json.of(
        "name", name,
        "namespace", names.dataset().namespace(),
        "labels", names.labels(),
        "ownerReferences", Json.list(Ownership.controlledBy(runtime.document())));
  }
}
