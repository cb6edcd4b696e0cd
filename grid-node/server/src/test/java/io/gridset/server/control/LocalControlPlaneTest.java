package io.gridset.server.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.control.ManifestException;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.manifest.Scenarios;
import io.gridset.core.schema.PrinterColumn;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LocalControlPlaneTest {
  private static final DatasetName MODEL = new DatasetName("default", "serverless-data");
  private static final DatasetName WARMUP = new DatasetName("default", "serverless-data-warmup");
  private static final DatasetName ORIGINAL = new DatasetName("development", "spark");
  private static final DatasetName REFERENCE = new DatasetName("production", "spark");
  private static final long GIB = 1L << 30;

  @TempDir private Path directory;
  private final FakeDatasetHost host = new FakeDatasetHost();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-22T00:00:00Z"));
  private LocalControlPlane plane;

  @BeforeEach
  void open() throws IOException {
    plane =
        LocalControlPlane.open(
            new ControlSettings(
                directory.resolve("state"),
                Optional.of(directory.resolve("secrets")),
                Map.of("GRIDSET_SECRET_ENV_KEYS_ACCESS_KEY", "from-environment"),
                Duration.ofMillis(50)),
            host,
            RecordExchange.alone(),
            now::get,
            Ticker.system());
  }

  @AfterEach
  void close() {
    plane.close();
  }

  private List<ApplyOutcome> apply(String text) throws ManifestException {
    return plane.apply(text, "default", ApplyMode.APPLY);
  }

  private static void until(String what, BooleanSupplier condition) {
    long deadline = Ticker.system().nanos() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      if (Ticker.system().nanos() > deadline) {
        throw new AssertionError("not within 20 s: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  private void untilPhase(ResourceKind kind, DatasetName name, String phase) {
    until(kind + " " + name + " is " + phase, () -> at(kind, name, "/status/phase").equals(phase));
  }

  private String at(ResourceKind kind, DatasetName name, String pointer) {
    return plane.get(kind, name).map(resource -> resource.at(pointer).asText()).orElse("(none)");
  }

  /// The columns that `get` prints, without the age.
  private String row(ResourceKind kind, DatasetName name) {
    JsonNode resource = plane.get(kind, name).orElseThrow();
    return kind.columns().stream()
        .filter(column -> column.scope() == PrinterColumn.Scope.ALWAYS)
        .filter(column -> column.format() != PrinterColumn.Format.AGE)
        .map(column -> resource.at(column.pointer()).asText())
        .reduce((a, b) -> a + " " + b)
        .orElseThrow();
  }

  private String events(ResourceKind kind, DatasetName name) {
    return plane.events(kind, name).toString();
  }

  @Test
  void scenarioOnePrintsThePublishedColumns() throws ManifestException {
    host.holds(MODEL, 1_245_540_515L, 0, 5 * GIB);
    List<ApplyOutcome> outcomes = apply(Scenarios.read("1-model-serving.yaml"));
    assertThat(outcomes)
        .extracting(outcome -> outcome.kind() + " " + outcome.action())
        .containsExactly(
            "Secret CREATED",
            "Dataset CREATED",
            "JindoRuntime CREATED",
            "DataLoad CREATED",
            "Deployment SKIPPED");
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
    assertThat(row(ResourceKind.DATASET, MODEL)).isEqualTo("1.16GiB 0.00B 5.00GiB 0.0% Bound");
    assertThat(row(ResourceKind.JINDO_RUNTIME, MODEL)).isEqualTo("Ready Ready Ready");
    MountDefinition mount = host.running.values().iterator().next().mounts().getFirst();
    assertThat(mount.path()).isEqualTo("/");
    assertThat(mount.credentials())
        .containsEntry("fs.oss.accessKeySecret", new SecretValue("very-secret-value"));

    until("the load runs", () -> host.loads.size() == 1);
    assertThat(row(ResourceKind.DATA_LOAD, WARMUP))
        .isEqualTo("serverless-data Executing Unfinished");
    assertThat(at(ResourceKind.DATA_LOAD, WARMUP, "/status/progress/cachedBytes")).isEqualTo("40");
    assertThat(host.loads.getFirst().request.targets()).isEmpty();
    assertThat(host.loads.getFirst().request.refreshMetadata()).isTrue();
    host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 45_200);
    host.holds(MODEL, 1_245_540_515L, 1_245_540_600L, 5 * GIB);
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Complete");
    assertThat(row(ResourceKind.DATA_LOAD, WARMUP)).isEqualTo("serverless-data Complete 45s");
    assertThat(row(ResourceKind.DATASET, MODEL)).isEqualTo("1.16GiB 1.16GiB 5.00GiB 100.0% Bound");
  }

  @Test
  void aReferenceRunsAsLongAsItIsGranted() throws ManifestException {
    String scenario = Scenarios.read("3-cross-namespace.yaml");
    String original =
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: Dataset
        metadata: {name: spark, namespace: development}
        spec:
          mounts: [{mountPoint: 'https://elsewhere/spark/', name: spark}]
        """;
    host.holds(ORIGINAL, 3_661_475_512L, 1_406_607_000L, 4 * GIB);
    apply(scenario);
    untilPhase(ResourceKind.DATASET, REFERENCE, "Bound");
    apply(original + "  grants: [{namespaces: [staging]}]\n");
    untilPhase(ResourceKind.DATASET, REFERENCE, "NotBound");
    assertThat(events(ResourceKind.DATASET, REFERENCE))
        .contains("ReferenceNotGranted", "is not granted to namespace production");
    until(
        "it runs no longer",
        () -> host.running.values().stream().noneMatch(each -> each.name().equals(REFERENCE)));
    assertThat(at(ResourceKind.DATASET, REFERENCE, "/status/ufsTotal")).isEmpty();
    assertThat(at(ResourceKind.DATASET, ORIGINAL, "/status/datasetRef/0")).isEmpty();
    apply(original + "  grants: [{namespaces: [production]}]\n");
    untilPhase(ResourceKind.DATASET, REFERENCE, "Bound");
  }

  @Test
  void scenarioThreeSharesFiguresAndIsNotDeletedUnderneath() throws ManifestException {
    host.holds(ORIGINAL, 3_661_475_512L, 1_406_607_000L, 4 * GIB);
    apply(Scenarios.read("3-cross-namespace.yaml"));
    untilPhase(ResourceKind.DATASET, REFERENCE, "Bound");
    assertThat(row(ResourceKind.DATASET, ORIGINAL))
        .isEqualTo("3.41GiB 1.31GiB 4.00GiB 38.4% Bound");
    assertThat(row(ResourceKind.DATASET, REFERENCE)).isEqualTo(row(ResourceKind.DATASET, ORIGINAL));
    until("the load runs", () -> host.loads.size() == 1);
    assertThat(host.loads.getFirst().request.targets()).containsExactly("spark-3.3.1");
    host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 120_700);
    untilPhase(ResourceKind.DATA_LOAD, ORIGINAL, "Complete");
    assertThat(row(ResourceKind.DATA_LOAD, ORIGINAL)).isEqualTo("spark Complete 2m1s");

    assertThatThrownBy(() -> plane.delete(ResourceKind.DATASET, ORIGINAL))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "Dataset development/spark is referred to (dataset://development/spark) by"
                + " production/spark; delete that first");
    assertThat(plane.delete(ResourceKind.DATASET, REFERENCE)).isTrue();
    assertThat(plane.delete(ResourceKind.DATASET, ORIGINAL)).isTrue();
  }

  @Test
  void aReferenceWaitsForItsOriginalAndFailsBesideAnotherMount() throws ManifestException {
    String reference =
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: Dataset
        metadata: {name: spark, namespace: production}
        spec:
          mounts:
            - mountPoint: dataset://development/spark
        """;
    apply(reference);
    until(
        "the event",
        () -> events(ResourceKind.DATASET, REFERENCE).contains("TargetDatasetNotFound"));
    apply(reference + "    - {mountPoint: 's3://b', name: other}\n");
    untilPhase(ResourceKind.DATASET, REFERENCE, "Failed");
    assertThat(events(ResourceKind.DATASET, REFERENCE))
        .contains("ErrorCreateDataset", "a dataset:// mount must be the only one");
    apply(reference);
    host.holds(ORIGINAL, 10, 0, GIB);
    apply(Scenarios.read("3-cross-namespace.yaml"));
    untilPhase(ResourceKind.DATASET, REFERENCE, "Bound");
  }

  @Test
  void aMissingSecretLeavesTheDatasetNotBoundUntilAFileOrVariableBringsIt() throws Exception {
    String text =
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: Dataset
        metadata: {name: d}
        spec:
          mounts:
            - mountPoint: oss://bucket
              encryptOptions:
                - {name: id, valueFrom: {secretKeyRef: {name: env-keys, key: access-key}}}
                - {name: key, valueFrom: {secretKeyRef: {name: file-keys, key: secret}}}
        ---
        apiVersion: data.fluid.io/v1alpha1
        kind: GridRuntime
        metadata: {name: d}
        spec: {tieredstore: {levels: [{mediumtype: MEM, quota: 1Gi}]}}
        """;
    DatasetName name = new DatasetName("default", "d");
    apply(text);
    until("the event", () -> events(ResourceKind.DATASET, name).contains("SecretNotFound"));
    assertThat(at(ResourceKind.DATASET, name, "/status/phase")).isEqualTo("NotBound");
    assertThat(at(ResourceKind.DATASET, name, "/status/conditions/0/message"))
        .isEqualTo(
            "spec.mounts[0].encryptOptions[1] (key): Secret default/file-keys does not exist (key"
                + " secret)");
    Path file = directory.resolve("secrets/file-keys/secret");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "from-file\n");
    untilPhase(ResourceKind.DATASET, name, "Bound");
    assertThat(host.running.values().iterator().next().mounts().getFirst().credentials())
        .isEqualTo(
            Map.of("id", new SecretValue("from-environment"), "key", new SecretValue("from-file")));
  }

  @Test
  void aFailedStartTellsTheCauseAndAChangedManifestTriesAgainAtOnce() throws ManifestException {
    host.failures.put(
        MODEL,
        StorageException.of(
            StorageException.Kind.NOT_FOUND, "spec.mounts[0].mountPoint: no bucket models-bucket"));
    apply(Scenarios.read("1-model-serving.yaml"));
    untilPhase(ResourceKind.DATASET, MODEL, "Failed");
    assertThat(at(ResourceKind.DATASET, MODEL, "/status/conditions/0/reason"))
        .isEqualTo("NotFound");
    assertThat(row(ResourceKind.JINDO_RUNTIME, MODEL)).isEqualTo("NotReady NotReady NotReady");
    assertThat(row(ResourceKind.DATA_LOAD, WARMUP)).isEqualTo("serverless-data Pending Unfinished");
    host.failures.clear();
    apply(Scenarios.read("1-model-serving.yaml").replace("models-bucket", "other-bucket"));
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
  }

  @Test
  void aRestartKeepsEverythingAndRunsOnlyInterruptedLoadsAgain() throws Exception {
    apply(Scenarios.read("1-model-serving.yaml"));
    until("the load runs", () -> host.loads.size() == 1);
    String uid = at(ResourceKind.DATASET, MODEL, "/metadata/uid");
    plane.close();
    assertThat(host.loads.getFirst().cancelled).isTrue();
    open();
    until("the interrupted load runs again", () -> host.loads.size() == 2);
    host.loads.get(1).end(LoadProgress.Phase.COMPLETE, 2_000);
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Complete");
    plane.close();
    host.running.clear();
    open();
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
    assertThat(at(ResourceKind.DATASET, MODEL, "/metadata/uid")).isEqualTo(uid);
    assertThat(row(ResourceKind.DATA_LOAD, WARMUP)).isEqualTo("serverless-data Complete 2s");
    assertThat(host.loads).hasSize(2);
    assertThat(apply(Scenarios.read("1-model-serving.yaml")))
        .extracting(ApplyOutcome::action)
        .containsExactly(
            ApplyOutcome.Action.UNCHANGED,
            ApplyOutcome.Action.UNCHANGED,
            ApplyOutcome.Action.UNCHANGED,
            ApplyOutcome.Action.UNCHANGED,
            ApplyOutcome.Action.SKIPPED);
  }

  @Test
  void aRestartIsSettledWhenTheRememberedDatasetsHaveStarted() throws Exception {
    apply(Scenarios.read("1-model-serving.yaml"));
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
    plane.close();
    host.running.clear();
    host.calls.clear();
    host.starting = new CountDownLatch(1);
    open();
    until("the start is under way", () -> host.calls.contains("start " + MODEL));
    // Some passes long.
    assertThatThrownBy(() -> plane.onSettled().get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    host.starting.countDown();
    plane.onSettled().get(20, TimeUnit.SECONDS);
    assertThat(host.running).hasSize(1);
  }

  @Test
  void deletingADatasetTakesItsRuntimeAndLoadsAndDropsItsBytes() throws ManifestException {
    apply(Scenarios.read("1-model-serving.yaml"));
    until("the load runs", () -> host.loads.size() == 1);
    assertThat(plane.delete(ResourceKind.DATASET, MODEL)).isTrue();
    assertThat(host.calls).endsWith("stop default/serverless-data DROP_BYTES");
    assertThat(host.loads.getFirst().cancelled).isTrue();
    for (ResourceKind kind : ResourceKind.values()) {
      assertThat(plane.list(kind, Optional.empty())).hasSize(kind == ResourceKind.SECRET ? 1 : 0);
    }
    assertThat(plane.delete(ResourceKind.DATASET, MODEL)).isFalse();
  }

  @Test
  void aLoadFailsWithItsReasonAndIsRunAgainWhenItsManifestChanges() throws ManifestException {
    String text = Scenarios.read("1-model-serving.yaml");
    apply(text.replace("loadMetadata: true", "target: [{path: /nowhere}]"));
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Failed");
    assertThat(at(ResourceKind.DATA_LOAD, WARMUP, "/status/conditions/0/message"))
        .isEqualTo("spec.target[0].path: no such file or directory: nowhere");
    apply(text);
    until("the load runs", () -> host.loads.size() == 1);
    host.loads.getFirst().end(LoadProgress.Phase.FAILED, 1_000, "a.bin: no space is left");
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Failed");
    assertThat(at(ResourceKind.DATA_LOAD, WARMUP, "/status/conditions/0/message"))
        .isEqualTo("100.00B of 100.00B are cached, 1 files failed: a.bin: no space is left");
    assertThat(at(ResourceKind.DATA_LOAD, WARMUP, "/metadata/generation")).isEqualTo("2");
  }

  @Test
  void aFinishedLoadGoesWhenItsTimeIsOver() throws ManifestException {
    apply(
        Scenarios.read("1-model-serving.yaml")
            .replace("loadMetadata: true", "ttlSecondsAfterFinished: 60"));
    until("the load runs", () -> host.loads.size() == 1);
    host.loads.getFirst().end(LoadProgress.Phase.COMPLETE, 1_000);
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Complete");
    now.set(now.get().plusSeconds(59));
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "Complete");
    now.set(now.get().plusSeconds(1));
    untilPhase(ResourceKind.DATA_LOAD, WARMUP, "(none)");
  }

  @Test
  void aLoadOfAnotherNamespaceOrOfAReferenceFails() throws ManifestException {
    apply(Scenarios.read("3-cross-namespace.yaml"));
    String load =
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: DataLoad
        metadata: {name: x, namespace: production}
        spec: {dataset: {name: spark, namespace: %s}}
        """;
    DatasetName name = new DatasetName("production", "x");
    apply(load.formatted("development"));
    untilPhase(ResourceKind.DATA_LOAD, name, "Failed");
    assertThat(events(ResourceKind.DATA_LOAD, name)).contains("TargetDatasetNamespaceNotSame");
    apply(load.formatted("production"));
    until(
        "the event",
        () -> events(ResourceKind.DATA_LOAD, name).contains("DataOperationNotSupport"));
  }

  @Test
  void aRecurringLoadIsKeptAndSaysThatItIsNotActedOn() throws ManifestException {
    String text =
        Scenarios.read("1-model-serving.yaml")
            .replace("loadMetadata: true", "policy: Cron\n  schedule: '* * * * *'");
    assertThat(apply(text).get(3).message())
        .isEqualTo(
            "spec.policy: only Once is acted on by the standalone program; kept, not acted on by the"
                + " standalone program: spec.schedule");
    until(
        "the condition",
        () ->
            at(ResourceKind.DATA_LOAD, WARMUP, "/status/conditions/0/reason")
                .equals("PolicyNotActedOn"));
    assertThat(host.loads).isEmpty();
  }

  @Test
  void aChangedSecretIsHandedToTheRunningDataset() throws ManifestException {
    String text = Scenarios.read("1-model-serving.yaml");
    apply(text);
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
    assertThat(apply(text.replace("very-secret-value", "rotated")))
        .first()
        .extracting(ApplyOutcome::action)
        .isEqualTo(ApplyOutcome.Action.CONFIGURED);
    until(
        "the new secret is in use",
        () ->
            host.running
                .values()
                .iterator()
                .next()
                .mounts()
                .getFirst()
                .credentials()
                .containsValue(new SecretValue("rotated")));
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
  }

  @Test
  void aDatasetWithoutRuntimeWaitsAndStopsWhenItsRuntimeGoes() throws ManifestException {
    apply(Scenarios.read("1-model-serving.yaml"));
    untilPhase(ResourceKind.DATASET, MODEL, "Bound");
    plane.delete(ResourceKind.JINDO_RUNTIME, MODEL);
    untilPhase(ResourceKind.DATASET, MODEL, "NotBound");
    until("it is stopped", () -> host.running.isEmpty());
    assertThat(host.calls).endsWith("stop default/serverless-data DROP_BYTES");
    assertThat(events(ResourceKind.DATASET, MODEL)).contains("RuntimeNotFound");
  }

  @Test
  void nothingIsAppliedWhenAnyDocumentIsRefusedOrInADryRun() throws ManifestException {
    String text = Scenarios.read("1-model-serving.yaml");
    assertThatThrownBy(() -> apply(text.replace("quota: 5Gi", "quota: lots")))
        .isInstanceOf(ManifestException.class)
        .hasMessageContaining(
            "JindoRuntime default/serverless-data: spec.tieredstore.levels[0].quota: 'lots' is not"
                + " a size");
    assertThat(plane.apply(text, "default", ApplyMode.DRY_RUN))
        .first()
        .extracting(ApplyOutcome::action)
        .isEqualTo(ApplyOutcome.Action.CREATED);
    assertThat(plane.list(ResourceKind.SECRET, Optional.empty())).isEmpty();
  }

  @Test
  void secretsAppearNowhere() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    root.setLevel(Level.TRACE);
    try {
      String text =
          Scenarios.read("1-model-serving.yaml")
              .replace(
                  "fs.oss.endpoint:",
                  "fs.oss.securityToken: very-secret-value\n        fs.oss.endpoint:");
      String shown = apply(text).toString();
      untilPhase(ResourceKind.DATASET, MODEL, "Bound");
      for (ResourceKind kind : ResourceKind.values()) {
        for (JsonNode resource : plane.list(kind, Optional.empty())) {
          shown += resource;
          shown +=
              plane.events(
                  kind, new DatasetName("default", resource.at("/metadata/name").asText()));
        }
      }
      shown += host.running.values();
      shown += log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
      String encoded =
          java.util.Base64.getEncoder()
              .encodeToString(
                  "very-secret-value".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      assertThat(shown).contains("serverless-data").doesNotContain("very-secret", encoded);
      assertThat(row(ResourceKind.SECRET, new DatasetName("default", "access-key")))
          .isEqualTo("Opaque 2");
    } finally {
      root.setLevel(before);
      root.detachAppender(log);
    }
    try (var files = Files.list(directory.resolve("state"))) {
      assertThat(files.toList())
          .allSatisfy(
              file ->
                  assertThat(Files.getPosixFilePermissions(file))
                      .containsExactlyInAnyOrder(
                          java.nio.file.attribute.PosixFilePermission.OWNER_READ,
                          java.nio.file.attribute.PosixFilePermission.OWNER_WRITE));
    }
  }
}
