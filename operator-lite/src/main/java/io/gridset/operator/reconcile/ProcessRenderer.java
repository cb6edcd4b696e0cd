package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Renders the Job of one run of a DataProcess, and the ConfigMap of its script, by Fluid's names
/// (`charts/fluid-dataprocess`). Pure.
final class ProcessRenderer {
  private static final String DATASET_VOLUME = "fluid-dataset-vol";
  private static final String SCRIPT_VOLUME = "script-cm-vol";
  private static final String SCRIPT = "preprocess.sh";
  private static final int ATTEMPTS_AFTER_THE_FIRST = 3;

  /// By which the webhook places a pod near the bytes; who does not want it says so in podMetadata.
  private static final String NEAR_THE_DATA = "fuse.serverful.fluid.io/inject";

  private final OperationView process;
  private final OperationRun run;
  private final JsonNode before;
  private final JsonNode processor;
  private final String release;

  /// @param before the operation on whose nodes its `affinityStrategy` depends, or an empty object
  ProcessRenderer(OperationView process, OperationRun run, JsonNode before) {
    this.process = process;
    this.run = run;
    this.before = before;
    this.processor = process.spec().path("processor");
    this.release = OperationNames.release(process, "processor");
  }

  String job() {
    return release + "-job";
  }

  List<ObjectNode> objects() {
    return processor.hasNonNull("script")
        ? List.of(configMap(), renderedJob())
        : List.of(renderedJob());
  }

  private ObjectNode configMap() {
    return Json.of(
        "apiVersion",
        "v1",
        "kind",
        "ConfigMap",
        "metadata",
        Json.of(
            "name", release + "-scripts",
            "namespace", process.namespace(),
            "labels", OperationNames.labels(process, release),
            "ownerReferences", Json.list(Ownership.controlledBy(process.document()))),
        "data",
        Json.of().put(SCRIPT, processor.at("/script/source").asText("")));
  }

  private ObjectNode renderedJob() {
    Map<String, String> labels =
        new TreeMap<>(Json.texts(processor.path("podMetadata").path("labels")));
    labels.putIfAbsent(NEAR_THE_DATA, "true");
    labels.putAll(OperationNames.labels(process, release));
    labels.put("role", "dataprocess-pod");
    Map<String, String> annotations = new TreeMap<>(Map.of("sidecar.istio.io/inject", "false"));
    annotations.putAll(Json.texts(processor.path("podMetadata").path("annotations")));
    return OperationNames.job(
        process,
        run,
        job(),
        Json.of(
            "backoffLimit",
            ATTEMPTS_AFTER_THE_FIRST,
            "completions",
            1,
            "parallelism",
            1,
            "template",
            Json.of(
                "metadata",
                Json.of("labels", labels, "annotations", annotations),
                "spec",
                processor.hasNonNull("script") ? scriptPod() : jobPod())));
  }

  private ObjectNode scriptPod() {
    JsonNode script = processor.path("script");
    String tag = script.path("imageTag").asText("");
    List<JsonNode> mounts =
        new ArrayList<>(
            List.of(
                Json.of(
                    "name", SCRIPT_VOLUME,
                    "mountPath", "/fluid-scripts/" + SCRIPT,
                    "subPath", SCRIPT)));
    script.path("volumeMounts").forEach(mounts::add);
    mounts.add(datasetMount());
    List<JsonNode> volumes =
        new ArrayList<>(
            List.of(
                Json.of(
                    "name", SCRIPT_VOLUME, "configMap", Json.of("name", release + "-scripts"))));
    script.path("volumes").forEach(volumes::add);
    volumes.add(datasetVolume());
    ObjectNode pod =
        Json.of(
            "restartPolicy", script.path("restartPolicy").asText("Never"),
            "containers",
                Json.list(
                    Json.of(
                        "name", "script-processor",
                        "image", script.path("image").asText("") + (tag.isEmpty() ? "" : ":" + tag),
                        "imagePullPolicy", script.path("imagePullPolicy").asText(""),
                        "command", script.path("command"),
                        "args", List.of("/fluid-scripts/" + SCRIPT),
                        "env", script.path("env"),
                        "resources", script.path("resources"),
                        "volumeMounts", mounts)),
            "imagePullSecrets", script.path("imagePullSecrets"),
            "volumes", volumes);
    return placed(pod);
  }

  private ObjectNode jobPod() {
    ObjectNode pod = processor.at("/job/podSpec").deepCopy();
    for (String containers : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.path(containers)) {
        if (container instanceof ObjectNode each) {
          each.withArray("volumeMounts").add(datasetMount());
        }
      }
    }
    pod.withArray("volumes").add(datasetVolume());
    if (!pod.hasNonNull("restartPolicy")) {
      pod.put("restartPolicy", "Never");
    }
    return placed(pod);
  }

  private ObjectNode placed(ObjectNode pod) {
    String account = processor.path("serviceAccountName").asText("");
    if (!account.isEmpty()) {
      pod.put("serviceAccountName", account);
    }
    JsonNode affinity =
        NodePreference.inherited(
            pod.path("affinity"), process.spec().at("/runAfter/affinityStrategy"), before);
    if (affinity.isObject()) {
      pod.set("affinity", affinity);
    }
    return pod;
  }

  private ObjectNode datasetMount() {
    return Json.of(
        "name", DATASET_VOLUME,
        "mountPath", process.spec().at("/dataset/mountPath").asText(""),
        "subPath", process.spec().at("/dataset/subPath").asText(""));
  }

  private ObjectNode datasetVolume() {
    return Json.of(
        "name",
        DATASET_VOLUME,
        "persistentVolumeClaim",
        Json.of("claimName", OperationView.dataset(process.document()).name()));
  }
}
