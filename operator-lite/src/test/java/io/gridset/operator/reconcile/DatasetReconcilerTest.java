package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetReconcilerTest {
  private static final String NAME = "serverless-data";

  private TestingCluster cluster = new TestingCluster();

  @BeforeEach
  void scenarioOne() {
    cluster = TestingCluster.ofScenario("1-model-serving.yaml");
  }

  private JsonNode status(String kind) {
    return cluster.find(kind, kind.equals("DataLoad") ? NAME + "-warmup" : NAME).path("status");
  }

  private static JsonNode condition(JsonNode status, String type) {
    return Conditions.find(status.path("conditions"), type);
  }

  private void bind() {
    cluster.nodes.put("node-0", new HashMap<>(Map.of("kubernetes.io/hostname", "node-0")));
    cluster.nodes.put("node-1", new HashMap<>());
    cluster.reconcile("default", NAME);
    cluster.pod(NAME + "-worker-0", "jindo-worker", "node-0", "10.0.0.1");
    cluster.told(
        cluster.find("Dataset", NAME),
        Json.of(
            "phase", "Bound",
            "ufsTotal", "1.16GiB",
            "fileNum", "1",
            "cacheStates",
                Json.of("cached", "0.00B", "cacheCapacity", "5.00GiB", "cachedPercentage", "0.0%"),
            "conditions",
                Json.list(
                    Json.of(
                        "type", "Ready",
                        "status", "True",
                        "reason", "DatasetReady",
                        "message", "The ddc runtime is ready."))));
    cluster.reconcile("default", NAME);
  }

  @Test
  void aDatasetIsBoundWhenAWorkerSaysSoAndNotBefore() {
    cluster.reconcile("default", NAME);
    assertThat(status("Dataset").path("phase").asText()).isEqualTo("NotBound");
    bind();
    assertThat(status("Dataset").path("phase").asText()).isEqualTo("Bound");
    assertThat(status("Dataset").path("ufsTotal").asText()).isEqualTo("1.16GiB");
    assertThat(status("Dataset").at("/runtimes/0/type").asText()).isEqualTo("jindo");
    assertThat(status("Dataset").path("observedGeneration").asInt()).isOne();
  }

  @Test
  void nothingIsWrittenOrToldAgainWhenNothingChanged() {
    bind();
    cluster.now = cluster.now.plusSeconds(60);
    Outcome again = cluster.decide("default", NAME);
    assertThat(again.statuses()).isEmpty();
    assertThat(again.events()).isEmpty();
    assertThat(again.metadata()).isEmpty();
    assertThat(again.nodes()).isEmpty();
    assertThat(again.delete()).isEmpty();
  }

  @Test
  void whatWasBoundStaysSoUntilANewOperatorHasAsked() {
    bind();
    cluster.report = GridReport.none();
    cluster.reconcile("default", NAME);
    assertThat(status("Dataset").path("phase").asText()).isEqualTo("Bound");
    assertThat(status("Dataset").path("ufsTotal").asText()).isEqualTo("1.16GiB");
  }

  @Test
  void withoutARuntimeTheDatasetSaysWhatItWaitsFor() {
    cluster.manifests.remove(cluster.find("Runtime", NAME));
    Outcome outcome = cluster.reconcile("default", NAME);
    assertThat(condition(status("Dataset"), "Ready").path("reason").asText())
        .isEqualTo("RuntimeNotFound");
    assertThat(outcome.apply()).isEmpty();
    assertThat(outcome.events()).extracting(Outcome.Event::reason).contains("RuntimeNotFound");
  }

  @Test
  void aRuntimeWithoutADatasetRunsNothing() {
    cluster.manifests.remove(cluster.find("Dataset", NAME));
    Outcome outcome = cluster.reconcile("default", NAME);
    assertThat(outcome.apply()).isEmpty();
    assertThat(status("Runtime").path("workerPhase").asText()).isEqualTo("NotReady");
    assertThat(condition(status("Runtime"), "WorkersReady").path("message").asText())
        .isEqualTo("waiting for a Dataset named serverless-data");
  }

  @Test
  void aMemoryLimitThatTheTierDoesNotFitIntoIsRefusedInWords() {
    cluster.find("Runtime", NAME).withObject("/spec/worker/resources/limits").put("memory", "5Gi");
    Outcome outcome = cluster.reconcile("default", NAME);
    assertThat(status("Dataset").path("phase").asText()).isEqualTo("Failed");
    assertThat(condition(status("Dataset"), "Ready").path("message").asText())
        .contains("spec.worker.resources.limits.memory", "5Gi", "1536Mi");
    assertThat(outcome.apply()).isEmpty();
  }

  @Test
  void fieldsWithoutEffectAreNamed() {
    ObjectNode runtime = cluster.find("Runtime", NAME);
    runtime.withObject("/spec/fuse").put("cleanPolicy", "OnDemand");
    runtime.withObject("/spec/fuse/properties").put("fs.jindo.cache", "x");
    runtime.withObject("/spec/podMetadata/labels").put("team", "ml");
    runtime.withObject("/spec/worker/env").put("HTTP_PROXY", "x");
    cluster.reconcile("default", NAME);
    assertThat(condition(status("Runtime"), "FieldsIgnored").path("message").asText())
        .contains("spec.fuse.properties")
        .doesNotContain("cleanPolicy", "podMetadata", "volumeType", "env");
  }

  @Test
  void fusePhaseTellsTheTruth() {
    bind();
    assertThat(status("Runtime").path("fusePhase").asText()).as("nobody mounts").isEqualTo("Ready");
    ObjectNode set =
        cluster.owned.stream()
            .filter(object -> object.path("kind").asText().equals("DaemonSet"))
            .findFirst()
            .orElseThrow();
    // What is applied replaces it in this cluster; a status is the server's own.
    fuses(set, 2, 0);
    assertThat(status("Runtime").path("fusePhase").asText()).isEqualTo("NotReady");
    fuses(set, 2, 1);
    assertThat(status("Runtime").path("fusePhase").asText()).isEqualTo("PartialReady");
    fuses(set, 2, 2);
    assertThat(status("Runtime").path("fusePhase").asText()).isEqualTo("Ready");
  }

  private void fuses(ObjectNode set, int desired, int ready) {
    ObjectNode changed = set.deepCopy();
    changed.set("status", Json.of("desiredNumberScheduled", desired, "numberReady", ready));
    cluster.owned.removeIf(object -> object.path("kind").asText().equals("DaemonSet"));
    cluster.owned.add(changed);
    cluster.reconcile("default", NAME);
  }

  @Test
  void nodesAreLabelledWhereWorkersAreAndNoLonger() {
    bind();
    assertThat(cluster.nodes.get("node-0"))
        .containsEntry("fluid.io/s-default-serverless-data", "true")
        .containsEntry("fluid.io/s-jindo-default-serverless-data", "true")
        .containsEntry("fluid_exclusive", "default_serverless-data");
    assertThat(cluster.nodes.get("node-1")).isEmpty();
    cluster.owned.removeIf(object -> object.path("kind").asText().equals("Pod"));
    cluster.pod(NAME + "-worker-0", "jindo-worker", "node-1", "10.0.0.2");
    cluster.reconcile("default", NAME);
    assertThat(cluster.nodes.get("node-0")).containsOnlyKeys("kubernetes.io/hostname");
    assertThat(cluster.nodes.get("node-1")).containsKey("fluid.io/s-default-serverless-data");
  }

  @Test
  void scalingDownTakesOneWorkerAfterTheOther() {
    cluster.find("Runtime", NAME).withObject("/spec").put("replicas", 3);
    cluster.reconcile("default", NAME);
    for (int i = 0; i < 3; i++) {
      cluster.pod(NAME + "-worker-" + i, "jindo-worker", "node-" + i, "10.0.0." + i);
    }
    cluster.find("Runtime", NAME).withObject("/spec").put("replicas", 1);
    assertThat(replicas()).isEqualTo(2);
    assertThat(replicas()).as("while the third still leaves").isEqualTo(2);
    cluster.owned.removeIf(
        object -> object.at("/metadata/name").asText().equals(NAME + "-worker-2"));
    assertThat(replicas()).isEqualTo(1);
  }

  private int replicas() {
    return cluster.reconcile("default", NAME).apply().stream()
        .filter(object -> object.path("kind").asText().equals("StatefulSet"))
        .findFirst()
        .orElseThrow()
        .at("/spec/replicas")
        .asInt();
  }

  @Test
  void onlyWorkersMountTheSecretsOfStores() {
    for (ObjectNode object : cluster.decide("default", NAME).apply()) {
      boolean mounts = object.toString().contains("access-key");
      assertThat(mounts)
          .as(object.path("kind").asText())
          .isEqualTo(object.path("kind").asText().equals("StatefulSet"));
      assertThat(object.toString()).doesNotContain("very-secret-value");
    }
  }

  @Test
  void theDatasetTellsWhatEachNodeHolds() {
    bind();
    assertThat(cluster.decide("default", NAME).annotations()).isEmpty();
    long held = HeldBytes.rounded(1_000_000_000);
    cluster.report =
        new GridReport(
            cluster.report.resources(),
            Map.of(NAME + "-worker-0", held),
            Optional.empty(),
            Optional.empty());
    cluster.reconcile("default", NAME);
    JsonNode told = cluster.find("Dataset", NAME).at("/metadata/annotations");
    assertThat(told.path("gridset.io/held-bytes").asText()).isEqualTo("{\"node-0\":939524096}");
    assertThat(cluster.decide("default", NAME).annotations()).isEmpty();
    assertThat(cluster.decide("default", NAME).order().orElseThrow().documents().toString())
        .doesNotContain("held-bytes");
  }

  @Test
  void whoMountsADatasetMayReadItAndIsNoMember() {
    Map<String, JsonNode> objects = new HashMap<>();
    for (ObjectNode object : cluster.decide("default", NAME).apply()) {
      objects.put(
          object.path("kind").asText() + " " + object.at("/metadata/name").asText(), object);
    }
    JsonNode fuse = objects.get("DaemonSet " + NAME + "-fuse");
    String secret = fuse.findPath("secretName").asText();
    JsonNode data = objects.get("Secret " + secret).path("data");
    assertThat(data.properties()).hasSize(1);
    byte[] decoded = Base64.getDecoder().decode(data.path(NAME).asText());
    String[] token = new String(decoded, StandardCharsets.UTF_8).split("\\.");
    assertThat(new String(Base64.getUrlDecoder().decode(token[1]), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"datasets\":[\"default/serverless-data\"],\"verbs\":[\"read\"],\"expires\":1795435200}");
    assertThat(objects.get("StatefulSet " + NAME + "-worker").toString()).doesNotContain(secret);
  }

  @Test
  void membersAreSentTheWishAndNoCredential() {
    bind();
    GridOrder order = cluster.decide("default", NAME).order().orElseThrow();
    assertThat(order.workers())
        .containsExactly(new GridOrder.Worker(NAME + "-worker-0", "10.0.0.1"));
    assertThat(order.documents())
        .extracting(document -> document.path("kind").asText())
        .containsExactly("Dataset", "JindoRuntime", "DataLoad");
    assertThat(order.toString()).doesNotContain(order.token());
  }

  @Test
  void aLoadTellsHowFarItIsAndEndsOnce() {
    bind();
    ObjectNode load = cluster.find("DataLoad", NAME + "-warmup");
    assertThat(load.at("/status/phase").asText()).isEqualTo("Pending");
    cluster.told(
        load,
        Json.of(
            "phase", "Executing",
            "duration", "Unfinished",
            "progress", Json.of("percentage", "57.3%")));
    Outcome running = cluster.reconcile("default", NAME);
    assertThat(status("DataLoad").at("/progress/percentage").asText()).isEqualTo("57.3%");
    assertThat(running.again()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    cluster.told(
        load,
        Json.of(
            "phase", "Failed",
            "duration", "45s",
            "conditions",
                Json.list(
                    Json.of(
                        "type", "Failed",
                        "status", "True",
                        "reason", "DataLoadJobFailed",
                        "message", "3 files failed: /a: throttled"))));
    Outcome ended = cluster.reconcile("default", NAME);
    assertThat(status("DataLoad").path("duration").asText()).isEqualTo("45s");
    assertThat(ended.events())
        .extracting(Outcome.Event::reason, Outcome.Event::message)
        .contains(
            org.assertj.core.api.Assertions.tuple(
                "DataOperationFailed", "3 files failed: /a: throttled"));
    cluster.report = GridReport.none();
    Outcome after = cluster.decide("default", NAME);
    assertThat(after.statuses())
        .extracting(object -> object.path("kind").asText())
        .doesNotContain("DataLoad");
  }

  @Test
  void aLoadThatWasChangedIsNotToldByWhatMembersSayOfTheOldOne() {
    bind();
    ObjectNode load = cluster.find("DataLoad", NAME + "-warmup");
    cluster.told(load, Json.of("phase", "Complete", "duration", "1s"));
    load.withObject("/metadata").put("generation", 2);
    cluster.reconcile("default", NAME);
    assertThat(status("DataLoad").path("phase").asText()).isEqualTo("Pending");
  }

  @Test
  void aLoadGoesWhenItsTimeIsOver() {
    ObjectNode load = cluster.find("DataLoad", NAME + "-warmup");
    load.withObject("/spec").put("ttlSecondsAfterFinished", 30);
    bind();
    cluster.told(
        load,
        Json.of(
            "phase", "Complete",
            "duration", "1s",
            "conditions", Json.list(Json.of("type", "Complete", "status", "True"))));
    cluster.reconcile("default", NAME);
    cluster.now = cluster.now.plusSeconds(10);
    Outcome early = cluster.decide("default", NAME);
    assertThat(early.delete()).isEmpty();
    assertThat(early.again()).isLessThanOrEqualTo(Duration.ofSeconds(20));
    cluster.now = cluster.now.plusSeconds(20);
    assertThat(cluster.decide("default", NAME).delete()).containsExactly(load);
  }

  @Test
  void loadsOfOtherNamespacesSayWhyTheyDoNotRun() {
    ObjectNode load = cluster.find("DataLoad", NAME + "-warmup");
    bind();
    load.withObject("/spec/dataset").put("namespace", "elsewhere");
    cluster.reconcile("default", NAME);
    assertThat(status("DataLoad").path("phase").asText()).isEqualTo("Failed");
    assertThat(condition(status("DataLoad"), "Failed").path("reason").asText())
        .isEqualTo("TargetDatasetNamespaceNotSame");
  }

  @Test
  void aDatasetInUseIsKeptAndThenLeavesNothing() {
    bind();
    cluster.find("Dataset", NAME).withObject("/metadata").put("deletionTimestamp", "now");
    cluster.users.add("reader");
    Outcome guarded = cluster.reconcile("default", NAME);
    assertThat(guarded.delete()).isEmpty();
    assertThat(guarded.events())
        .extracting(Outcome.Event::message)
        .containsExactly("kept until the pods that use it end: reader");
    assertThat(cluster.decide("default", NAME).events()).as("told once").isEmpty();

    cluster.users.clear();
    cluster.reconcile("default", NAME);
    assertThat(cluster.owned)
        .extracting(object -> object.path("kind").asText())
        .as("pods go with their StatefulSet")
        .containsOnly("Pod");
    assertThat(cluster.find("Dataset", NAME).at("/metadata/finalizers")).hasSize(1);
    cluster.owned.clear();
    for (int look = 0; look < 4; look++) {
      cluster.reconcile("default", NAME);
    }
    assertThat(cluster.nodes.get("node-0")).containsOnlyKeys("kubernetes.io/hostname");
    assertThat(cluster.manifests)
        .extracting(object -> object.path("kind").asText())
        .as("what is left to Kubernetes, which removes what has lost its owner")
        .containsExactly("DataLoad");
  }

  @Test
  void aReferringDatasetShowsTheOthersFiguresAndHasItsOwnVolume() {
    cluster = TestingCluster.ofScenario("3-cross-namespace.yaml");
    ObjectNode original = cluster.manifests.getFirst();
    Outcome waiting = cluster.decide("production", "spark");
    assertThat(waiting.apply()).isEmpty();
    assertThat(waiting.statuses().getFirst().at("/status/phase").asText()).isEqualTo("NotBound");
    original.set(
        "status",
        Json.of(
            "phase",
            "Bound",
            "ufsTotal",
            "3.41GiB",
            "cacheStates",
            Json.of("cached", "1.31GiB"),
            "runtimes",
            Json.list(Json.of("name", "spark", "type", "alluxio"))));
    Outcome bound = cluster.decide("production", "spark");
    JsonNode status = bound.statuses().getFirst().path("status");
    assertThat(status.path("phase").asText()).isEqualTo("Bound");
    assertThat(status.path("ufsTotal").asText()).isEqualTo("3.41GiB");
    assertThat(status.at("/cacheStates/cached").asText()).isEqualTo("1.31GiB");
    assertThat(bound.apply())
        .extracting(object -> object.path("kind").asText())
        .containsExactly("Secret", "PersistentVolume", "PersistentVolumeClaim");
    assertThat(bound.order()).isEqualTo(Optional.empty());
  }

  @Test
  void accessNeverExceedsTheOriginals() {
    ObjectNode reading = Json.of("spec", Json.of());
    ObjectNode writing = Json.of("spec", Json.of("accessModes", Json.list("ReadWriteMany")));
    assertThat(VolumeRenderer.accessModes(writing, reading)).containsExactly("ReadOnlyMany");
    assertThat(VolumeRenderer.accessModes(writing, writing)).containsExactly("ReadWriteMany");
    assertThat(VolumeRenderer.accessModes(reading, writing)).containsExactly("ReadOnlyMany");
  }

  @Test
  void keysOfLabelsThatWouldBeTooLongHaveTheUidInstead() {
    Names names =
        new Names(
            new io.gridset.core.dataset.DatasetName("n".repeat(40), "d".repeat(40)), "jindo", "u");
    assertThat(names.nodeKey()).isEqualTo("fluid.io/s-u");
    assertThat(names.datasetLabel()).isEqualTo("u");
    assertThat(names.labels()).containsEntry("fluid.io/dataset-id", "u");
  }
}
