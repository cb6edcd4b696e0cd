package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Renders the DaemonSet that mounts a dataset on nodes: a node that only reads, with no
/// credentials of stores. It runs where the CSI plugin has labelled a node because a pod there uses
/// the dataset. Pure.
final class FuseRenderer {
  private static final String RUN = "/run/gridset";
  private static final String TOKENS = "/run/gridset-tokens";

  /// The file with the reader's token, which the kubelet renews.
  private static final String TOKEN = "reader";

  /// Workers that a FUSE pod knows by name; it learns of the others from them.
  private static final int KNOWN_WORKERS = 3;

  /// What the CSI plugin reads: when a mount that no pod uses ends, and what pods are made from.
  private static final String CLEAN_POLICY = "gridset.io/fuse-clean-policy";

  private static final String TEMPLATE = "gridset.io/fuse-template";

  /// What becomes of mounting is asked once a second.
  private static final int SECONDS_TO_WAIT = 86_400;

  /// Longest that an answer of a mount may take.
  private static final int ANSWER_SECONDS = 10;

  /// Looks, one each ten seconds, that do not find a mount before its server begins anew.
  private static final int UNMOUNTED_TIMES = 6;

  private final Names names;
  private final RuntimeView runtime;
  private final Settings settings;

  FuseRenderer(Names names, RuntimeView runtime, Settings settings) {
    this.names = names;
    this.runtime = runtime;
    this.settings = settings;
  }

  ObjectNode daemonSet() {
    Map<String, String> labels = metadata("labels");
    labels.putAll(names.labels());
    labels.putAll(names.selector("fuse"));
    ObjectNode pod = pod();
    Map<String, String> annotations = metadata("annotations");
    annotations.put(TEMPLATE, Json.mark(pod));
    return Json.of(
        "apiVersion",
        "apps/v1",
        "kind",
        "DaemonSet",
        "metadata",
        Json.of(
            "name", names.fuse(),
            "namespace", names.dataset().namespace(),
            "labels", names.labels(),
            "annotations", Map.of(CLEAN_POLICY, cleanPolicy()),
            "ownerReferences", Json.list(Ownership.controlledBy(runtime.document()))),
        "spec",
        Json.of(
            "selector",
            Json.of("matchLabels", names.selector("fuse")),
            // A new pod would cut off the mounts of a running one: it changes when it is deleted.
            "updateStrategy",
            Json.of("type", "OnDelete"),
            "template",
            Json.of(
                "metadata", Json.of("labels", labels, "annotations", annotations), "spec", pod)));
  }

  private String cleanPolicy() {
    String given = runtime.fuse().path("cleanPolicy").asText("");
    return given.isEmpty() ? "OnRuntimeDeleted" : given;
  }

  private Map<String, String> metadata(String what) {
    Map<String, String> all =
        new TreeMap<>(Json.texts(runtime.document().at("/spec/podMetadata/" + what)));
    all.putAll(Json.texts(runtime.fuse().path("podMetadata").path(what)));
    return all;
  }

  private ObjectNode pod() {
    Map<String, String> nodes = new TreeMap<>(Json.texts(runtime.fuse().path("nodeSelector")));
    nodes.put(names.fuseKey(), "true");
    return Json.of(
        "serviceAccountName", names.worker(),
        "automountServiceAccountToken", false,
        "nodeSelector", nodes,
        // It goes where the pods that read are, whatever keeps others away.
        "tolerations", Json.list(Json.of("operator", "Exists")),
        "imagePullSecrets", PodPlacement.pullSecrets(runtime.document(), runtime.fuse()),
        "containers", Json.list(container()),
        "volumes",
            Json.list(
                Json.of("name", "run", "emptyDir", Json.of()),
                Json.of("name", "state", "emptyDir", Json.of()),
                Json.of(
                    "name",
                    "mounts",
                    "hostPath",
                    Json.of("path", names.runtimePath(), "type", "DirectoryOrCreate")),
                Json.of(
                    "name",
                    "tokens",
                    "secret",
                    Json.of(
                        "secretName",
                        RuntimeTokens.READERS,
                        "defaultMode",
                        256,
                        "items",
                        Json.list(Json.of("key", names.dataset().name(), "path", TOKEN))))));
  }

  private ObjectNode container() {
    return Json.of(
        "name", "fuse",
        "image", runtime.image(settings.image()),
        "imagePullPolicy", Json.present(runtime.document(), "/spec/imagePullPolicy"),
        "command", List.of("gridset"),
        "args",
            List.of(
                "up",
                "--cluster=" + runtime.uid(),
                "--reader-of=" + workers(),
                "--cluster-token-file=" + TOKENS + "/" + TOKEN,
                "--state-dir=/var/lib/gridset",
                "--run-dir=" + RUN,
                "--mount=" + names.dataset() + "=" + names.fusePath()),
        "env", environment(),
        "resources",
            runtime.fuse().path("resources").isObject()
                ? runtime.fuse().path("resources")
                : Json.of("requests", Json.of("memory", "256Mi")),
        "startupProbe", startupProbe(),
        "readinessProbe", readinessProbe(),
        "livenessProbe", livenessProbe(),
        "lifecycle", lifecycle(),
        "securityContext", Json.of("privileged", true),
        "volumeMounts",
            Json.list(
                Json.of("name", "run", "mountPath", RUN),
                Json.of("name", "state", "mountPath", "/var/lib/gridset"),
                Json.of(
                    "name", "mounts",
                    "mountPath", names.runtimePath(),
                    "mountPropagation", "Bidirectional"),
                Json.of("name", "tokens", "mountPath", TOKENS, "readOnly", true)));
  }

  private String workers() {
    return IntStream.range(0, Math.max(1, Math.min(KNOWN_WORKERS, runtime.replicas())))
        .mapToObj(
            i ->
                names.worker()
                    + "-"
                    + i
                    + "."
                    + names.worker()
                    + "."
                    + names.dataset().namespace()
                    + ".svc:"
                    + Names.dataPort())
        .collect(Collectors.joining(","));
  }

  private ArrayNode environment() {
    ArrayNode environment = Json.list(Json.of("name", "GRIDSET_RUN_DIR", "value", RUN));
    JsonNode given = runtime.fuse().path("env");
    if (given.isArray()) {
      given.forEach(environment::add);
    } else {
      Json.texts(given)
          .forEach((name, value) -> environment.add(Json.of("name", name, "value", value)));
    }
    return environment;
  }

  private ObjectNode probe(String check) {
    return Json.of("exec", Json.of("command", List.of("sh", "-c", check)));
  }

  private String isMounted() {
    return "grep -q ' " + names.fusePath() + " fuse' /proc/self/mounts";
  }

  /// A dataset may take its time to be bound, and reading it cannot begin earlier.
  private ObjectNode startupProbe() {
    ObjectNode probe = probe(isMounted() + " && " + answers());
    probe.put("periodSeconds", 1);
    probe.put("timeoutSeconds", ANSWER_SECONDS);
    probe.put("failureThreshold", SECONDS_TO_WAIT);
    return probe;
  }

  private ObjectNode readinessProbe() {
    ObjectNode probe = probe(isMounted() + " && " + answers());
    probe.put("timeoutSeconds", ANSWER_SECONDS);
    return probe;
  }

  /// One that somebody unmounted comes back. What does not answer may only be busy.
  private ObjectNode livenessProbe() {
    ObjectNode probe = probe(isMounted());
    probe.put("timeoutSeconds", ANSWER_SECONDS);
    probe.put("failureThreshold", UNMOUNTED_TIMES);
    return probe;
  }

  private String answers() {
    return "stat '" + names.fusePath() + "/.' >/dev/null";
  }

  private ObjectNode lifecycle() {
    return Json.of(
        "preStop",
        Json.of("exec", Json.of("command", List.of("gridset", "umount", names.fusePath()))));
  }
}
