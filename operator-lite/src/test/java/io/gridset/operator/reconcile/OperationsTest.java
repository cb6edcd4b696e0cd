package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Data operations: when they run, what they wait for, what becomes of them.
class OperationsTest {
  private static final String NAME = "data";

  private static final String MANIFESTS =
      """
      apiVersion: data.fluid.io/v1alpha1
      kind: Dataset
      metadata: {name: data}
      spec:
        mounts: [{mountPoint: "https://origin.example/data/", name: data, path: /}]
      ---
      apiVersion: data.fluid.io/v1alpha1
      kind: AlluxioRuntime
      metadata: {name: data}
      spec:
        replicas: 1
        tieredstore: {levels: [{mediumtype: MEM, path: /dev/shm, quota: 1Gi}]}
      """;

  private TestingCluster cluster = new TestingCluster();

  private void with(String operations) {
    cluster = TestingCluster.of(MANIFESTS + "---\n" + operations);
    cluster.manifests.stream()
        .filter(OperationView::isOperation)
        .forEach(
            each -> each.withObject("/metadata").put("creationTimestamp", "2026-11-22T12:00:00Z"));
    cluster.nodes.put(
        "node-0",
        new HashMap<>(
            Map.of(
                "kubernetes.io/hostname", "host-0",
                "topology.kubernetes.io/zone", "z1",
                "rack", "r7")));
    cluster.reconcile("default", NAME);
    cluster.pod(NAME + "-worker-0", "alluxio-worker", "node-0", "10.0.0.1");
  }

  private void bind() {
    cluster.told(
        cluster.find("Dataset", NAME),
        Json.of(
            "phase",
            "Bound",
            "fileNum",
            "2",
            "conditions",
            Json.list(Json.of("type", "Ready", "status", "True", "reason", "DatasetReady"))));
    origin("10b-2f");
    step();
  }

  private void origin(String origin) {
    cluster.report =
        new GridReport(cluster.report.resources(), Map.of(), Optional.of(origin), Optional.empty());
  }

  private Outcome step() {
    return cluster.reconcile("default", NAME);
  }

  /// Until nothing is written any more.
  private void settle() {
    for (int i = 0; i < 10; i++) {
      if (step().statuses().isEmpty()) {
        return;
      }
    }
    throw new AssertionError("it never settles");
  }

  private JsonNode status(String kind, String name) {
    return cluster.find(kind, name).path("status");
  }

  private String phase(String kind, String name) {
    return status(kind, name).path("phase").asText();
  }

  private JsonNode waiting(String kind, String name) {
    return Conditions.find(status(kind, name).path("conditions"), "Waiting");
  }

  /// What members have been told of the loads, and say of them.
  private void loadsAre(String phase) {
    Outcome outcome = step();
    for (ObjectNode document : outcome.order().orElseThrow().documents()) {
      if (document.path("kind").asText().equals("DataLoad")) {
        ObjectNode held = document.deepCopy();
        String time = cluster.now.toString();
        held.set(
            "status",
            Json.of(
                "phase",
                phase,
                "duration",
                phase.equals("Executing") ? "Unfinished" : "3s",
                "conditions",
                phase.equals("Executing")
                    ? Json.list()
                    : Json.list(
                        Json.of(
                            "type",
                            phase,
                            "status",
                            "True",
                            "reason",
                            "Load" + phase,
                            "message",
                            "told by members",
                            "lastTransitionTime",
                            time))));
        List<JsonNode> all = new java.util.ArrayList<>(cluster.report.resources());
        all.removeIf(other -> other.at("/metadata/name").equals(held.at("/metadata/name")));
        all.add(held);
        cluster.report = new GridReport(all, Map.of(), cluster.report.origin(), Optional.empty());
      }
    }
    settle();
  }

  private ObjectNode job(String name) {
    return cluster.owned.stream()
        .filter(object -> object.path("kind").asText().equals("Job"))
        .filter(object -> object.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no Job " + name));
  }

  private boolean hasJob(String name) {
    return cluster.owned.stream()
        .anyMatch(
            object ->
                object.path("kind").asText().equals("Job")
                    && object.at("/metadata/name").asText().equals(name));
  }

  private void jobEnds(String name, String type) {
    ObjectNode job = job(name);
    job.withObject("/metadata").put("creationTimestamp", cluster.now.toString());
    job.withObject("/metadata").put("uid", "uid-of-" + name);
    cluster.now = cluster.now.plusSeconds(121);
    job.withObject("/status")
        .set(
            "conditions",
            Json.list(
                Json.of(
                    "type",
                    type,
                    "status",
                    "True",
                    "reason",
                    type.equals("Failed") ? "BackoffLimitExceeded" : "",
                    "message",
                    type.equals("Failed") ? "Job has reached the specified backoff limit" : "",
                    "lastTransitionTime",
                    cluster.now.toString())));
  }

  private void podOf(String job, String phase, ObjectNode containerState) {
    cluster.owned.add(
        Json.of(
            "apiVersion",
            "v1",
            "kind",
            "Pod",
            "metadata",
            Json.of(
                "name", job + "-x1",
                "namespace", "default",
                "labels", Map.of("targetDataset", NAME),
                "creationTimestamp", cluster.now.toString(),
                "ownerReferences", Json.list(Json.of("uid", "uid-of-" + job))),
            "spec",
            Json.of("nodeName", "node-0"),
            "status",
            Json.of(
                "phase",
                phase,
                "containerStatuses",
                Json.list(Json.of("name", "script-processor", "state", containerState)))));
  }

  private static String load(String name, String more) {
    return """
        apiVersion: data.fluid.io/v1alpha1
        kind: DataLoad
        metadata: {name: %s}
        spec: {dataset: {name: data, namespace: default}%s}
        """
        .formatted(name, more);
  }

  private static String process(String name, String more) {
    return """
        apiVersion: data.fluid.io/v1alpha1
        kind: DataProcess
        metadata: {name: %s}
        spec:
          dataset: {name: data, namespace: default, mountPath: /data}
          processor: {script: {image: python, imageTag: "3.11", command: [python3], source: print(1)}}
        %s
        """
        .formatted(name, more.indent(2));
  }

  @BeforeEach
  void nothing() {
    with(load("unused", ""));
  }

  @Test
  void aCronLoadRunsAtItsTimesAndTellsThem() {
    with(load("nightly", ", policy: Cron, schedule: '*/10 * * * *', ttlSecondsAfterFinished: 1"));
    bind();
    settle();
    assertThat(phase("DataLoad", "nightly")).isEqualTo("Pending");
    assertThat(waiting("DataLoad", "nightly").path("message").asText())
        .isEqualTo("the first run is at 2026-11-22T12:10:00Z");
    assertThat(step().again()).hasMinutes(0).isLessThanOrEqualTo(java.time.Duration.ofSeconds(15));

    cluster.now = Instant.parse("2026-11-22T12:10:01Z");
    loadsAre("Executing");
    assertThat(phase("DataLoad", "nightly")).isEqualTo("Executing");
    assertThat(status("DataLoad", "nightly").path("lastScheduleTime").asText())
        .isEqualTo("2026-11-22T12:10:00Z");
    assertThat(status("Dataset", NAME).at("/operationRef/DataLoad").asText()).isEqualTo("nightly");
    cluster.now = Instant.parse("2026-11-22T12:10:05Z");
    loadsAre("Complete");
    assertThat(phase("DataLoad", "nightly")).isEqualTo("Complete");
    assertThat(status("DataLoad", "nightly").path("lastSuccessfulTime").asText())
        .isEqualTo("2026-11-22T12:10:05Z");
    assertThat(status("DataLoad", "nightly").path("duration").asText()).isEqualTo("3s");

    cluster.now = Instant.parse("2026-11-22T12:19:00Z");
    Outcome between = step();
    assertThat(between.delete()).as("TTL is for Once, as in Fluid").isEmpty();
    assertThat(between.order().orElseThrow().documents())
        .noneMatch(document -> document.path("kind").asText().equals("DataLoad"));

    cluster.now = Instant.parse("2026-11-22T12:20:00Z");
    step();
    assertThat(phase("DataLoad", "nightly")).isEqualTo("Pending");
    assertThat(status("DataLoad", "nightly").path("duration").asText()).isEqualTo("-");
    loadsAre("Failed");
    assertThat(phase("DataLoad", "nightly")).isEqualTo("Failed");
    assertThat(status("DataLoad", "nightly").path("lastSuccessfulTime").asText())
        .isEqualTo("2026-11-22T12:10:05Z");
  }

  @Test
  void aRunThatFallsDueWhileAnotherRunsBeginsAfterIt() {
    with(load("often", ", policy: Cron, schedule: '* * * * *'"));
    bind();
    cluster.now = Instant.parse("2026-11-22T12:05:30Z");
    loadsAre("Executing");
    cluster.now = Instant.parse("2026-11-22T12:09:30Z");
    settle();
    assertThat(status("DataLoad", "often").path("lastScheduleTime").asText())
        .isEqualTo("2026-11-22T12:05:00Z");
    loadsAre("Complete");
    assertThat(status("DataLoad", "often").path("lastScheduleTime").asText())
        .as("one run for all that were missed")
        .isEqualTo("2026-11-22T12:09:00Z");
  }

  @Test
  void aScheduleThatIsNoneFailsWithItsField() {
    with(load("wrong", ", policy: Cron, schedule: 'every night'"));
    bind();
    assertThat(phase("DataLoad", "wrong")).isEqualTo("Failed");
    assertThat(status("DataLoad", "wrong").at("/conditions/0/message").asText())
        .startsWith("spec.schedule: 'every night'");
  }

  @Test
  void anOnEventLoadRunsWhenTheOriginOrTheDatasetChanges() {
    with(load("follow", ", policy: OnEvent"));
    settle();
    assertThat(waiting("DataLoad", "follow").path("reason").asText()).isEqualTo("RuntimeNotReady");
    bind();
    assertThat(step().order().orElseThrow().listing()).isEqualTo(GridOrder.Listing.REPEATED);
    loadsAre("Executing");
    loadsAre("Complete");
    cluster.now = cluster.now.plusSeconds(3600);
    assertThat(step().statuses()).as("nothing happened").isEmpty();
    assertThat(phase("DataLoad", "follow")).isEqualTo("Complete");

    origin("25b-3f");
    step();
    assertThat(phase("DataLoad", "follow")).isEqualTo("Pending");
    loadsAre("Complete");
    assertThat(status("DataLoad", "follow").at("/infos/event").asText()).isEqualTo("g1-25b-3f");

    ObjectNode dataset = cluster.find("Dataset", NAME);
    dataset.withObject("/metadata").put("generation", 2);
    cluster.told(dataset, (ObjectNode) dataset.path("status").deepCopy());
    step();
    step();
    assertThat(phase("DataLoad", "follow")).isEqualTo("Pending");
  }

  @Test
  void aProcessBecomesOneJobAndIsCompleteWhenThatIs() {
    with(process("train", ""));
    settle();
    assertThat(waiting("DataProcess", "train").path("reason").asText())
        .isEqualTo("RuntimeNotReady");
    assertThat(hasJob("train-processor-job")).isFalse();
    bind();
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Executing");
    assertThat(status("Dataset", NAME).at("/operationRef/DataProcess").asText()).isEqualTo("train");
    jobEnds("train-processor-job", "Complete");
    podOf(
        "train-processor-job",
        "Succeeded",
        Json.of("terminated", Json.of("exitCode", 0, "reason", "Completed")));
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Complete");
    assertThat(status("DataProcess", "train").path("duration").asText()).isEqualTo("2m1s");
    assertThat(status("DataProcess", "train").at("/conditions/0/type").asText())
        .isEqualTo("Complete");
    assertThat(status("DataProcess", "train").toString())
        .contains("kubernetes.io/hostname", "host-0", "z1");
    assertThat(status("Dataset", NAME).has("operationRef")).isFalse();
  }

  @Test
  void aFailedProcessSaysWhyItsContainerEnded() {
    with(process("train", ""));
    bind();
    settle();
    jobEnds("train-processor-job", "Failed");
    podOf(
        "train-processor-job",
        "Failed",
        Json.of(
            "terminated",
            Json.of("exitCode", 3, "reason", "Error", "message", "no module named torch")));
    Outcome outcome = step();
    assertThat(phase("DataProcess", "train")).isEqualTo("Failed");
    assertThat(status("DataProcess", "train").at("/conditions/0/message").asText())
        .contains("script-processor", "exit code 3", "no module named torch", "backoff limit");
    assertThat(status("DataProcess", "train").at("/conditions/0/reason").asText())
        .isEqualTo("BackoffLimitExceeded");
    assertThat(outcome.events()).extracting(Outcome.Event::reason).contains("DataOperationFailed");
  }

  @Test
  void whatKeepsAPodFromRunningIsSaid() {
    with(process("train", ""));
    bind();
    settle();
    job("train-processor-job").withObject("/metadata").put("uid", "uid-of-train-processor-job");
    podOf(
        "train-processor-job",
        "Pending",
        Json.of("waiting", Json.of("reason", "ErrImagePull", "message", "no such image")));
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Executing");
    assertThat(waiting("DataProcess", "train").path("message").asText())
        .contains("ErrImagePull", "no such image");
  }

  @Test
  void aJobThatTheServerRefusesFailsTheProcessAndNothingElse() {
    with(process("train", ""));
    cluster.refused.put(
        "Job/train-processor-job@" + GridReport.source(cluster.find("DataProcess", "train")),
        "spec.template.spec.containers[0].image: Required value");
    bind();
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Failed");
    assertThat(status("DataProcess", "train").at("/conditions/0/message").asText())
        .contains("Required value");
    assertThat(phase("Dataset", NAME)).isEqualTo("Bound");
  }

  @Test
  void aChangedProcessRunsAnewAndOnlyAfterItsOldJobIsGone() {
    with(process("train", ""));
    bind();
    settle();
    jobEnds("train-processor-job", "Complete");
    settle();
    cluster.find("DataProcess", "train").withObject("/metadata").put("generation", 2);
    ObjectNode old = job("train-processor-job");
    Outcome outcome = cluster.decide("default", NAME);
    assertThat(outcome.delete()).contains(old);
    assertThat(outcome.apply()).noneMatch(object -> object.path("kind").asText().equals("Job"));
    step();
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Executing");
    assertThat(GridReport.annotation(job("train-processor-job"))).endsWith("/2");
  }

  @Test
  void aMountPathThatIsTakenIsRefused() {
    with(process("train", ""));
    cluster
        .find("DataProcess", "train")
        .withObject("/spec/processor/script")
        .set("volumeMounts", Json.list(Json.of("name", "mine", "mountPath", "/data")));
    bind();
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Failed");
    assertThat(status("DataProcess", "train").at("/conditions/0/message").asText())
        .contains("spec.dataset.mountPath", "/data", "mine");
  }

  @Test
  void operationsRunOneAfterAnotherAndSayForWhatTheyWait() {
    with(
        load("first", "")
            + "---\n"
            + process("second", "runAfter: {kind: DataLoad, name: first}")
            + "---\n"
            + process("third", "runAfter: {kind: DataProcess, name: second, namespace: default}"));
    bind();
    loadsAre("Executing");
    assertThat(waiting("DataProcess", "second").path("message").asText())
        .isEqualTo("waiting for DataLoad default/first to be complete");
    assertThat(status("DataProcess", "second").at("/waitingFor/operationComplete").asBoolean())
        .isTrue();
    assertThat(hasJob("second-processor-job")).isFalse();
    loadsAre("Complete");
    assertThat(hasJob("second-processor-job")).isTrue();
    assertThat(hasJob("third-processor-job")).isFalse();
    assertThat(status("DataProcess", "second").at("/waitingFor/operationComplete").asBoolean(true))
        .isFalse();
    jobEnds("second-processor-job", "Complete");
    settle();
    assertThat(hasJob("third-processor-job")).isTrue();
  }

  @Test
  void aFailedPredecessorIsToldAndItsFollowerGoesOnWhenItSucceedsAfterAll() {
    with(
        process("second", "runAfter: {kind: DataProcess, name: first}")
            + "---\n"
            + process("first", ""));
    cluster.find("DataProcess", "first").withObject("/metadata").put("generation", 7);
    bind();
    settle();
    jobEnds("first-processor-job", "Failed");
    settle();
    assertThat(phase("DataProcess", "second")).isEqualTo("Pending");
    assertThat(waiting("DataProcess", "second").path("reason").asText())
        .isEqualTo("PrecedingOperationFailed");
    cluster.find("DataProcess", "first").withObject("/metadata").put("generation", 8);
    settle();
    settle();
    jobEnds("first-processor-job", "Complete");
    settle();
    assertThat(phase("DataProcess", "second")).isEqualTo("Executing");
  }

  @Test
  void aPredecessorThatDoesNotExistAndACircleAreTold() {
    with(process("lonely", "runAfter: {kind: DataLoad, name: nobody}"));
    bind();
    settle();
    assertThat(waiting("DataProcess", "lonely").path("message").asText())
        .isEqualTo("waiting for DataLoad default/nobody, which does not exist");
    with(
        process("a", "runAfter: {kind: DataProcess, name: b}")
            + "---\n"
            + process("b", "runAfter: {kind: DataProcess, name: a}"));
    bind();
    settle();
    assertThat(phase("DataProcess", "a")).isEqualTo("Failed");
    assertThat(status("DataProcess", "a").at("/conditions/0/message").asText())
        .contains("circle", "default/b");
  }

  @Test
  void thePlacementFollowsTheOneBefore() {
    with(
        process("first", "")
            + "---\n"
            + process(
                "must",
                "runAfter: {kind: DataProcess, name: first, affinityStrategy: {policy: Require,"
                    + " requires: [{name: rack}]}}")
            + "---\n"
            + process(
                "may",
                "runAfter: {kind: DataProcess, name: first, affinityStrategy: {policy: Prefer,"
                    + " prefers: [{name: topology.kubernetes.io/zone, weight: 30}]}}"));
    cluster
        .find("DataProcess", "first")
        .withObject("/metadata/annotations")
        .put("affinity.dataflow.fluid.io/labels", "rack");
    bind();
    settle();
    jobEnds("first-processor-job", "Complete");
    podOf("first-processor-job", "Succeeded", Json.of("terminated", Json.of("exitCode", 0)));
    settle();
    JsonNode must = job("must-processor-job").at("/spec/template/spec/affinity/nodeAffinity");
    assertThat(must.toString())
        .isEqualTo(
            "{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":"
                + "[{\"matchExpressions\":[{\"key\":\"rack\",\"operator\":\"In\",\"values\":[\"r7\"]}]}]}}");
    JsonNode may = job("may-processor-job").at("/spec/template/spec/affinity/nodeAffinity");
    assertThat(may.toString())
        .isEqualTo(
            "{\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":30,\"preference\":"
                + "{\"matchExpressions\":[{\"key\":\"topology.kubernetes.io/zone\",\"operator\":\"In\","
                + "\"values\":[\"z1\"]}]}}]}");
  }

  @Test
  void aFinishedProcessGoesWhenItsTimeIsOver() {
    with(process("train", "ttlSecondsAfterFinished: 60"));
    bind();
    settle();
    jobEnds("train-processor-job", "Complete");
    settle();
    cluster.now = cluster.now.plusSeconds(59);
    assertThat(cluster.decide("default", NAME).delete()).isEmpty();
    cluster.now = cluster.now.plusSeconds(1);
    assertThat(cluster.decide("default", NAME).delete())
        .containsExactly(cluster.find("DataProcess", "train"));
  }

  @Test
  void anotherNamespacesDatasetIsRefused() {
    with(process("train", ""));
    cluster.find("DataProcess", "train").withObject("/spec/dataset").put("namespace", "production");
    bind();
    settle();
    assertThat(phase("DataProcess", "train")).isEqualTo("Failed");
    assertThat(status("DataProcess", "train").at("/conditions/0/reason").asText())
        .isEqualTo("TargetDatasetNamespaceNotSame");
  }

  @Test
  void aCronProcessHasANewJobForEachTime() {
    with(process("hourly", "policy: Cron\nschedule: '@hourly'"));
    bind();
    cluster.now = Instant.parse("2026-11-22T13:00:02Z");
    settle();
    jobEnds("hourly-processor-job", "Complete");
    settle();
    assertThat(phase("DataProcess", "hourly")).isEqualTo("Complete");
    cluster.now = Instant.parse("2026-11-22T14:00:02Z");
    settle();
    settle();
    assertThat(phase("DataProcess", "hourly")).isEqualTo("Executing");
    assertThat(GridReport.annotation(job("hourly-processor-job")))
        .endsWith("/2026-11-22T14:00:00Z");
  }

  @Test
  void whatDoesNothingHereIsNamed() {
    with(load("warm", ", nodeSelector: {disk: ssd}, resources: {limits: {cpu: '1'}}"));
    bind();
    loadsAre("Executing");
    assertThat(
            Conditions.find(status("DataLoad", "warm").path("conditions"), "FieldsIgnored")
                .path("message")
                .asText())
        .contains("spec.nodeSelector", "spec.resources");
  }

  @Test
  void copyingOutOfADatasetIsAJobAndIntoOneIsRefusedPlainly() {
    with(
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: DataMigrate
        metadata: {name: out}
        spec:
          from: {dataset: {name: data, namespace: default, path: /models}}
          to: {externalStorage: {uri: "pvc://backup/today"}}
        ---
        apiVersion: data.fluid.io/v1alpha1
        kind: DataMigrate
        metadata: {name: in}
        spec:
          from: {externalStorage: {uri: "s3://bucket/x"}}
          to: {dataset: {name: data, namespace: default}}
        ---
        apiVersion: data.fluid.io/v1alpha1
        kind: DataBackup
        metadata: {name: saved}
        spec: {dataset: data, backupPath: "pvc://backup/"}
        """);
    bind();
    settle();
    assertThat(phase("DataMigrate", "out")).isEqualTo("Executing");
    assertThat(job("out-migrate-migrate").at("/spec/template/spec/volumes/1").toString())
        .contains("backup");
    for (String refused : List.of("DataMigrate/in", "DataBackup/saved")) {
      String[] parts = refused.split("/");
      assertThat(phase(parts[0], parts[1])).as(refused).isEqualTo("Failed");
      assertThat(status(parts[0], parts[1]).at("/conditions/0/reason").asText())
          .isEqualTo("DataOperationNotSupport");
    }
  }

  /// Each look of each operator is broken off after some writes; the next one goes on.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void anOperatorThatDiesAtAnyWriteEndsTheSame(int writes) {
    String flow =
        load("first", "")
            + "---\n"
            + process("second", "runAfter: {kind: DataLoad, name: first}")
            + "---\n"
            + process("third", "policy: Cron\nschedule: '@hourly'");
    List<String> ends = new java.util.ArrayList<>();
    for (int limit : List.of(Integer.MAX_VALUE, writes)) {
      with(flow);
      broken(limit);
      bind();
      broken(limit);
      loadsAre("Executing");
      broken(limit);
      loadsAre("Complete");
      broken(limit);
      settle();
      jobEnds("second-processor-job", "Complete");
      broken(limit);
      settle();
      cluster.now = Instant.parse("2026-11-22T13:00:30Z");
      broken(limit);
      settle();
      jobEnds("third-processor-job", "Failed");
      broken(limit);
      settle();
      ends.add(
          status("DataLoad", "first")
              + " "
              + status("DataProcess", "second")
              + " "
              + status("DataProcess", "third"));
    }
    assertThat(ends.getLast()).isEqualTo(ends.getFirst()).contains("Complete", "Failed");
  }

  private void broken(int writes) {
    for (int i = 0; i < 3; i++) {
      cluster.reconcile("default", NAME, writes);
    }
  }

  @Test
  void theDatasetGoesThoughItsOperationsJobsAreThere() {
    with(process("train", ""));
    bind();
    settle();
    cluster.find("Dataset", NAME).withObject("/metadata").put("deletionTimestamp", "now");
    for (int i = 0; i < 5 && !cluster.manifests.isEmpty(); i++) {
      step();
      cluster.owned.removeIf(object -> object.path("kind").asText().equals("Pod"));
    }
    assertThat(cluster.manifests)
        .noneMatch(manifest -> manifest.path("kind").asText().equals("Dataset"));
  }
}
