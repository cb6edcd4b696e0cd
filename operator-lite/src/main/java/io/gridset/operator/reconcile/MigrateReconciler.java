package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.reconcile.OperationStatus.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Brings one run of a DataMigrate to its end, as far as nothing has to be written to a store:
/// files of a dataset are copied to another claim by a Job that mounts both. Pure.
final class MigrateReconciler {
  private static final String CLAIM = "pvc://";
  private static final String FROM = "/gridset/from";
  private static final String TO = "/gridset/to";
  private static final int ATTEMPTS_AFTER_THE_FIRST = 3;

  /// What is there already is copied again: an attempt after a broken one ends the same.
  private static final String COPY =
      "set -e; mkdir -p \"$2\"; if [ -d \"$1\" ]; then exec cp -R --preserve=mode,timestamps \"$1\"/."
          + " \"$2\"/; else exec cp --preserve=mode,timestamps \"$1\" \"$2\"/; fi";

  private final Observed observed;
  private final Settings settings;
  private final OperationStatus status;
  private final Outcome.Builder outcome;

  MigrateReconciler(
      Observed observed, Settings settings, OperationStatus status, Outcome.Builder outcome) {
    this.observed = observed;
    this.settings = settings;
    this.status = status;
    this.outcome = outcome;
  }

  void run(OperationView migrate, OperationRun run) {
    Optional<String> problem = problem(migrate.spec());
    if (problem.isPresent()) {
      status.say(
          migrate, Optional.of(run), Verdict.failed("DataOperationNotSupport", problem.get()));
      return;
    }
    String release = OperationNames.release(migrate, "migrate");
    String job = release + "-migrate";
    new JobFollower(observed, status, outcome)
        .run(migrate, run, job, () -> List.of(job(migrate, run, release, job)));
  }

  private static Optional<String> problem(JsonNode spec) {
    if (spec.at("/to/dataset").isObject()) {
      return Optional.of(
          "spec.to.dataset: Datasets are read-only in this version; copying into one comes with"
              + " writing");
    }
    String uri = spec.at("/to/externalStorage/uri").asText("");
    if (!spec.at("/from/dataset").isObject() || !uri.startsWith(CLAIM)) {
      return Optional.of(
          "spec.to.externalStorage.uri: only pvc://CLAIM/PATH can be copied to in this version;"
              + " other stores come with writing");
    }
    String path = path(uri) + "/" + spec.at("/from/dataset/path").asText("");
    return List.of(path.split("/")).contains("..")
        ? Optional.of("spec: a path must not contain ..")
        : Optional.empty();
  }

  private static String claim(String uri) {
    String rest = uri.substring(CLAIM.length());
    return rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest;
  }

  private static String path(String uri) {
    String rest = uri.substring(CLAIM.length());
    return rest.contains("/") ? rest.substring(rest.indexOf('/')) : "";
  }

  private ObjectNode job(OperationView migrate, OperationRun run, String release, String name) {
    JsonNode spec = migrate.spec();
    Map<String, String> labels = new TreeMap<>(Json.texts(spec.path("podMetadata").path("labels")));
    labels.putAll(OperationNames.labels(migrate, release));
    labels.put("role", "datamigrate-pod");
    JsonNode before = new Predecessors(observed).before(migrate);
    return OperationNames.job(
        migrate,
        run,
        name,
        Json.of(
            "backoffLimit",
            ATTEMPTS_AFTER_THE_FIRST,
            "template",
            Json.of(
                "metadata",
                Json.of(
                    "labels",
                    labels,
                    "annotations",
                    Json.texts(spec.path("podMetadata").path("annotations"))),
                "spec",
                Json.of(
                    "restartPolicy", "Never",
                    "automountServiceAccountToken", false,
                    "schedulerName", spec.path("schedulerName").asText(""),
                    "nodeSelector", Json.texts(spec.path("nodeSelector")),
                    "tolerations", spec.path("tolerations"),
                    "affinity",
                        NodePreference.inherited(
                            spec.path("affinity"), spec.at("/runAfter/affinityStrategy"), before),
                    "containers", Json.list(container(spec)),
                    "volumes",
                        Json.list(
                            volume("from", spec.at("/from/dataset/name").asText()),
                            volume("to", claim(spec.at("/to/externalStorage/uri").asText())))))));
  }

  private ObjectNode container(JsonNode spec) {
    return Json.of(
        "name", "datamigrate",
        "image", settings.image(),
        "command",
            List.of(
                "sh",
                "-c",
                COPY,
                "copy",
                FROM + "/" + spec.at("/from/dataset/path").asText("").replaceAll("^/+", ""),
                TO + path(spec.at("/to/externalStorage/uri").asText())),
        "resources", spec.path("resources"),
        "volumeMounts",
            Json.list(
                Json.of("name", "from", "mountPath", FROM, "readOnly", true),
                Json.of("name", "to", "mountPath", TO)));
  }

  private static ObjectNode volume(String name, String claim) {
    return Json.of("name", name, "persistentVolumeClaim", Json.of("claimName", claim));
  }
}
