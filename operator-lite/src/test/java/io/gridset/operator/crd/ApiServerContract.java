package io.gridset.operator.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.gridset.core.manifest.Scenarios;
import io.gridset.core.schema.FluidKind;
import io.gridset.operator.testing.ApiServer;
import io.gridset.operator.testing.Kubectl;
import io.gridset.operator.testing.Release;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What users of the kinds may rely on, whatever the version of the cluster: asked of a real API
/// server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ApiServerContract {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String ALTERNATIVES =
      "(?s).*\"?(spec[.a-zA-Z]*)\"? (in body )?must validate one and only one.*";

  private final Release release;
  private ApiServer server;

  ApiServerContract(Release release) {
    this.release = release;
  }

  @BeforeAll
  void installTheDefinitions() throws IOException {
    if (release.programs().isEmpty() || Release.FLOOR.programs().isEmpty()) {
      System.out.println("skipped: " + getClass().getSimpleName() + ": " + release.remedy());
      Assumptions.abort(release.remedy());
    }
    server = ApiServer.start(release);
    Path definitions = Path.of(System.getProperty("gridset.root", "."), "manifests", "crds");
    installWith(kubectl(), definitions.toString());
    kubectl().must("wait", "--for=condition=Established", "--timeout=50s", "crd", "--all");
    // Who applies manifests sees the kinds once the server has published their schemas.
    for (FluidKind kind : FluidKind.values()) {
      awaitUntil(
          kind + " is explained",
          () -> kubectl().tryWith("", "explain", kind.singular() + ".spec").code() == 0);
    }
    kubectl().must("create", "namespace", "development");
    kubectl().must("create", "namespace", "production");
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void theCsiPluginsManifestsAreAccepted() {
    Path directory = Path.of(System.getProperty("gridset.root", "."), "manifests", "csi");
    kubectl().must("create", "namespace", "gridset-system");
    kubectl().must("apply", "-k", directory.toString());
    assertThat(kubectl().must("get", "csidriver", "fuse.csi.fluid.io").text())
        .contains("Persistent");
    String images =
        kubectl()
            .must("get", "daemonset", "gridset-csi-node", "-n", "gridset-system", "-o", "yaml")
            .text();
    assertThat(images).contains("image: gridset/gridset:0.1.0");
  }

  /// Applies the files as a user of this version does.
  abstract void installWith(Kubectl kubectl, String directory);

  Kubectl kubectl() {
    return server.kubectl();
  }

  @ParameterizedTest
  @EnumSource
  void everyKindIsServedByAllItsNames(FluidKind kind) {
    for (String name : kind.shortNames()) {
      kubectl().must("get", name);
    }
    kubectl().must("get", kind.plural());
    kubectl().must("get", kind.singular());
    assertThat(kubectl().must("api-resources", "--api-group=data.fluid.io").text())
        .contains(kind.kind());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-model-serving.yaml",
        "2-juicefs-cache-cluster.yaml",
        "3-cross-namespace.yaml",
        "4-burst-inference.yaml",
        "5-arrow-pipeline.yaml"
      })
  void everyScenarioIsAppliedUnchangedAndStaysSo(String file) {
    String manifests = Scenarios.read(file);
    Kubectl.Outcome first = kubectl().mustWith(manifests, "apply", "-f", "-");
    assertThat(first.text().lines()).isNotEmpty().allMatch(line -> line.endsWith(" created"));
    String versions = each(manifests, "resourceVersion");
    kubectl().mustWith(manifests, "apply", "-f", "-");
    assertThat(each(manifests, "resourceVersion")).as("applied again").isEqualTo(versions);
    kubectl().mustWith(manifests, "delete", "-f", "-");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1-model-serving.yaml", "3-cross-namespace.yaml", "5-arrow-pipeline.yaml"})
  void whatTheServerItselfAppliesStaysSoAndIsOwnedByItsManager(String file) {
    String manifests = Scenarios.read(file);
    String[] apply = {"apply", "--server-side", "--field-manager=first", "-f", "-"};
    try {
      kubectl().mustWith(manifests, apply);
      // 1.20 writes a runtime again when defaults were filled into its list of tiers, but not
      // another spec.
      String generations = each(manifests, "generation");
      kubectl().mustWith(manifests, apply);
      assertThat(each(manifests, "generation")).as("applied again").isEqualTo(generations);
      String another = manifests.replaceAll("mountPoint: .*", "mountPoint: oss://elsewhere");
      if (!another.equals(manifests)) {
        Kubectl.Outcome conflict =
            kubectl()
                .tryWith(another, "apply", "--server-side", "--field-manager=second", "-f", "-");
        assertThat(conflict.code()).isNotZero();
        assertThat(conflict.text()).contains("conflict", "first", ".spec.mounts");
      }
    } finally {
      kubectl().tryWith(manifests, "delete", "-f", "-");
    }
  }

  private String each(String manifests, String field) {
    String path = "jsonpath={.items[*].metadata." + field + "}";
    return kubectl().mustWith(manifests, "get", "-f", "-", "-o", path).text();
  }

  @ParameterizedTest
  @EnumSource
  void everyFieldIsAcceptedAndKept(FluidKind kind) throws IOException {
    JsonNode schema =
        CustomResourceDefinitions.of(kind).at("/spec/versions/0/schema/openAPIV3Schema/properties");
    for (int i = 0; i < SchemaSamples.alternatives(schema); i++) {
      SchemaSamples samples = new SchemaSamples(i);
      ObjectNode document = document(kind, "full-" + i);
      JsonNode spec = samples.of(schema.path("spec"));
      document.set("spec", spec);
      ObjectNode created = (ObjectNode) post(kind, document);
      assertThat(created.path("spec")).as(kind + " spec").isEqualTo(spec);

      JsonNode status = samples.of(schema.path("status"));
      created.set("status", status);
      JsonNode shown = put(kind, "full-" + i, created);
      assertThat(shown.path("status")).as(kind + " status").isEqualTo(status);
      assertThat(get(kind, "full-" + i).path("spec")).isEqualTo(spec);
      kubectl().must("delete", kind.singular(), "full-" + i);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DATASET | {mounts: []} | spec.mounts",
        "DATASET | {mounts: [{mountPoint: 'oss'}]} | spec.mounts.mountPoint",
        "DATASET | {mounts: [{name: a}]} | spec.mounts.mountPoint",
        "DATASET | {mounts: [{mountPoint: 'oss://b', options: {a: 5}}]} | spec.mounts.options.a",
        "DATASET | {mounts: [{mountPoint: 'oss://b', readOnly: 'no'}]} | spec.mounts.readOnly",
        "DATASET | {mounts: [{mountPoint: 'oss://b', encryptOptions: [{name: a}]}]} |"
            + " spec.mounts.encryptOptions.valueFrom",
        "DATASET | {placement: Both} | spec.placement",
        "DATASET | {accessModes: [ReadOnly]} | spec.accessModes",
        "DATASET | {owner: {uid: 1, user: a, group: b}} | spec.owner.gid",
        "DATASET | {tolerations: [{tolerationSeconds: long}]} | spec.tolerations.tolerationSeconds",
        "JINDO_RUNTIME | {tieredstore: {levels: [{mediumtype: RAM, quota: 1Gi}]}} |"
            + " spec.tieredstore.levels.mediumtype",
        "JINDO_RUNTIME | {tieredstore: {levels: [{mediumtype: MEM, quota: 5GiB}]}} |"
            + " spec.tieredstore.levels.quota",
        "JINDO_RUNTIME | {tieredstore: {levels: [{mediumtype: MEM}]}} |"
            + " spec.tieredstore.levels.quota",
        "GRID_RUNTIME | {tieredstore: {levels: [{mediumtype: MEM, quota: 1Gi, high: '1.2'}]}} |"
            + " spec.tieredstore.levels.high",
        "GRID_RUNTIME | {tieredstore: {levels: [{mediumtype: SSD, quota: 1Gi, volumeType: disk}]}}"
            + " | spec.tieredstore.levels.volumeType",
        "GRID_RUNTIME | {replicas: -1} | spec.replicas",
        "GRID_RUNTIME | {worker: {volumeMounts: [{name: a}]}} | spec.worker.volumeMounts.mountPath",
        "ALLUXIO_RUNTIME | {master: {ports: {rpc: many}}} | spec.master.ports.rpc",
        "JUICEFS_RUNTIME | {worker: {env: {a: b}}} | spec.worker.env",
        "VINEYARD_RUNTIME | {fuse: {cleanPolicy: Never}} | spec.fuse.cleanPolicy",
        "THIN_RUNTIME_PROFILE | {fuse: {image: a}} | spec.fileSystemType",
        "DATA_LOAD | {loadMetadata: true} | spec.dataset",
        "DATA_LOAD | {dataset: {name: a}, policy: Sometimes} | spec.policy",
        "DATA_LOAD | {dataset: {name: a}, target: [{replicas: 1}]} | spec.target.path",
        "DATA_LOAD | {dataset: {name: a}, runAfter: {kind: Dataset, name: a}} | spec.runAfter.kind",
        "DATA_PROCESS | {dataset: {name: a, mountPath: /a}, processor: {}} | spec.processor",
        "DATA_PROCESS | {dataset: {name: a, mountPath: /a}, processor: {job: {}, script:"
            + " {source: x}}} | spec.processor",
        "DATA_PROCESS | {dataset: {name: a, mountPath: /a}, processor: {script: {image: x}}} |"
            + " spec.processor.script.source",
        "DATA_PROCESS | {dataset: {name: a, mountPath: /a}, processor: {job: {podSpec: {}}}} |"
            + " spec.processor.job.podSpec.containers",
        "DATA_MIGRATE | {from: {}, to: {externalStorage: {uri: a}}} | spec.from",
        "DATA_BACKUP | {ttlSecondsAfterFinished: soon} | spec.ttlSecondsAfterFinished",
      })
  void whatIsWrongIsRefusedWithTheFieldsPath(FluidKind kind, String spec, String path)
      throws IOException {
    ObjectNode document = document(kind, "wrong");
    document.set("spec", new YAMLMapper().readTree(spec));
    assertThat(refusedFields(kind, document)).contains(path);
  }

  @Test
  void aNameThatIsNoHostNameIsRefused() throws IOException {
    for (FluidKind kind : List.of(FluidKind.DATASET, FluidKind.GRID_RUNTIME)) {
      assertThat(refusedFields(kind, document(kind, "1-starts-with-a-digit")))
          .contains("metadata.name");
      assertThat(refusedFields(kind, document(kind, "a".repeat(64)))).contains("metadata.name");
    }
  }

  @Test
  void aMisspeltFieldIsRefusedByItsName() {
    String manifest =
        """
        apiVersion: data.fluid.io/v1alpha1
        kind: Dataset
        metadata: {name: misspelt}
        spec:
          mounts: [{mountPoint: "oss://bucket", optoins: {a: b}}]
        """;
    Kubectl.Outcome outcome = kubectl().tryWith(manifest, "apply", "-f", "-");
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.text()).contains("unknown field").contains("optoins");
  }

  @Test
  void defaultsAreFilledInAsFluidDoes() throws IOException {
    assertThat(
            created(
                FluidKind.JINDO_RUNTIME,
                "{cleanCachePolicy: {}, tieredstore: {levels: [{mediumtype: MEM, quota: 1Gi}]}}"))
        .isEqualTo(
            yaml(
                "{cleanCachePolicy: {gracePeriodSeconds: 60, maxRetryAttempts: 3}, tieredstore:"
                    + " {levels: [{mediumtype: MEM, quota: 1Gi, volumeType: hostPath}]}}"));
    assertThat(created(FluidKind.DATA_LOAD, "{dataset: {name: a}}"))
        .isEqualTo(yaml("{dataset: {name: a}, policy: Once}"));
    assertThat(
            created(
                FluidKind.DATA_PROCESS,
                "{dataset: {name: a, mountPath: /a}, processor: {script: {source: x}}}"))
        .isEqualTo(
            yaml(
                "{dataset: {name: a, mountPath: /a}, policy: Once, processor: {script: {source: x,"
                    + " restartPolicy: Never}}}"));
    String ends = "from: {externalStorage: {uri: a}}, to: {dataset: {name: a, namespace: b}}";
    assertThat(created(FluidKind.DATA_MIGRATE, "{" + ends + "}"))
        .isEqualTo(yaml("{" + ends + ", parallelism: 1, policy: Once}"));
    assertThat(created(FluidKind.THIN_RUNTIME_PROFILE, "{fileSystemType: nfs}"))
        .isEqualTo(
            yaml("{fileSystemType: nfs, nodePublishSecretPolicy: MountNodePublishSecretIfExists}"));
  }

  @Test
  void aDatasetIsPrintedAsInScenarioOne() throws IOException {
    post(FluidKind.DATASET, document(FluidKind.DATASET, "serverless-data"));
    status(
        FluidKind.DATASET,
        "serverless-data",
        "{ufsTotal: 1.16GiB, fileNum: '7', phase: Bound, conditions: [], cacheStates: {cached:"
            + " 0.00B, cacheCapacity: 5.00GiB, cachedPercentage: 0.0%, cacheHitRatio: 25.0%},"
            + " hcfs: {endpoint: 'grid://x'}}");
    assertThat(printed("get", "dataset", "serverless-data"))
        .containsExactly(
            "NAME UFS TOTAL SIZE CACHED CACHE CAPACITY CACHED PERCENTAGE PHASE AGE",
            "serverless-data 1.16GiB 0.00B 5.00GiB 0.0% Bound -");
    assertThat(printed("get", "dataset", "serverless-data", "-o", "wide"))
        .containsExactly(
            "NAME UFS TOTAL SIZE CACHED CACHE CAPACITY CACHED PERCENTAGE PHASE HCFS URL TOTAL FILES"
                + " CACHE HIT RATIO AGE",
            "serverless-data 1.16GiB 0.00B 5.00GiB 0.0% Bound grid://x 7 25.0% -");
    kubectl().must("delete", "dataset", "serverless-data");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "JINDO_RUNTIME | MASTER PHASE,WORKER PHASE,FUSE PHASE | Ready Ready Ready",
        "GRID_RUNTIME | MASTER PHASE,WORKER PHASE,FUSE PHASE | Ready Ready Ready",
        "ALLUXIO_RUNTIME | MASTER PHASE,WORKER PHASE,FUSE PHASE | Ready Ready Ready",
        "VINEYARD_RUNTIME | MASTER PHASE,WORKER PHASE,FUSE PHASE | Ready Ready Ready",
        "JUICEFS_RUNTIME | WORKER PHASE,FUSE PHASE | Ready Ready",
      })
  void aRuntimeIsPrintedAndScaledAndTellsItsSelector(FluidKind kind, String head, String row)
      throws IOException {
    ObjectNode document = document(kind, "data");
    document.putObject("spec").put("replicas", 1);
    post(kind, document);
    status(
        kind,
        "data",
        "{masterPhase: Ready, workerPhase: Ready, fusePhase: Ready, masterNumberReady: 1,"
            + " workerNumberReady: 2, fuseNumberReady: 3, desiredMasterNumberScheduled: 1,"
            + " desiredWorkerNumberScheduled: 2, desiredFuseNumberScheduled: 3,"
            + " currentMasterNumberScheduled: 1, currentWorkerNumberScheduled: 2,"
            + " currentFuseNumberScheduled: 3, valueFile: none, selector: 'release=data'}");
    String name = kind.shortNames().getFirst();
    assertThat(printed("get", name, "data"))
        .containsExactly("NAME " + head.replace(',', ' ') + " AGE", "data " + row + " -");
    assertThat(printed("get", name, "data", "-o", "wide").getLast())
        .contains(" 2 2 Ready 3 3 Ready ");

    kubectl().must("scale", name, "data", "--replicas=4");
    assertThat(get(kind, "data").at("/spec/replicas").asInt()).isEqualTo(4);
    JsonNode scale = JSON.readTree(server.client().raw(uri(kind) + "/data/scale"));
    assertThat(scale.at("/spec/replicas").asInt()).isEqualTo(4);
    assertThat(scale.at("/status/replicas").asInt()).isEqualTo(2);
    assertThat(scale.at("/status/selector").asText()).isEqualTo("release=data");
    kubectl().must("delete", name, "data");
  }

  @Test
  void operationsArePrintedWithWhatTheyTook() throws IOException {
    String done =
        "{phase: Complete, duration: 45s, conditions: [], infos: {BackupLocationPath: 'pvc://a',"
            + " BackupLocationNodeName: n1}}";
    created(FluidKind.DATA_LOAD, "warm", "{dataset: {name: spark}}");
    status(
        FluidKind.DATA_LOAD,
        "warm",
        "{phase: Executing, duration: Unfinished, conditions: [], progress:"
            + " {percentage: 38.4%}}");
    assertThat(printed("get", "dataload", "warm", "-o", "wide"))
        .containsExactly(
            "NAME DATASET PHASE PROGRESS AGE DURATION", "warm spark Executing 38.4% - Unfinished");
    status(FluidKind.DATA_LOAD, "warm", done);
    assertThat(printed("get", "dataload", "warm"))
        .containsExactly("NAME DATASET PHASE AGE DURATION", "warm spark Complete - 45s");
    created(
        FluidKind.DATA_PROCESS,
        "step",
        "{dataset: {name: spark, mountPath: /a}, processor: {script: {source: x}}}");
    status(FluidKind.DATA_PROCESS, "step", done);
    assertThat(printed("get", "dataprocess", "step"))
        .containsExactly("NAME DATASET PHASE AGE DURATION", "step spark Complete - 45s");
    created(
        FluidKind.DATA_MIGRATE,
        "move",
        "{from: {externalStorage: {uri: a}}, to: {dataset: {name: a, namespace: b}}}");
    status(FluidKind.DATA_MIGRATE, "move", done);
    assertThat(printed("get", "migrate", "move"))
        .containsExactly("NAME PHASE AGE DURATION", "move Complete - 45s");
    created(FluidKind.DATA_BACKUP, "keep", "{dataset: spark}");
    status(FluidKind.DATA_BACKUP, "keep", done);
    assertThat(printed("get", "backup", "keep"))
        .containsExactly(
            "NAME DATASET PHASE PATH NODENAME DURATION AGE",
            "keep spark Complete pvc://a n1 45s -");
  }

  @Test
  void aStatusIsWrittenOnlyThroughItsSubresource() throws IOException {
    ObjectNode document = document(FluidKind.DATASET, "honest");
    document.set("status", yaml("{phase: Bound, conditions: []}"));
    JsonNode created = post(FluidKind.DATASET, document);
    assertThat(created.has("status")).isFalse();
    assertThat(created.at("/metadata/generation").asInt()).isEqualTo(1);
    JsonNode written =
        status(
            FluidKind.DATASET, "honest", "{phase: Bound, conditions: [], observedGeneration: 1}");
    assertThat(written.at("/metadata/generation").asInt()).isEqualTo(1);
    assertThat(written.at("/status/observedGeneration").asInt()).isEqualTo(1);
    kubectl().must("delete", "dataset", "honest");
  }

  @Test
  void theKindsAreListedTogetherAndExplained() throws IOException {
    assertThat(kubectl().must("explain", "dataset.spec.mounts.mountPoint").text())
        .contains("Where the bytes come from");
    JsonNode listed =
        JSON.readTree(server.client().raw("/apis/" + FluidKind.GROUP + "/" + FluidKind.VERSION));
    for (FluidKind kind : FluidKind.values()) {
      JsonNode categories =
          listed
              .path("resources")
              .valueStream()
              .filter(resource -> resource.path("name").asText().equals(kind.plural()))
              .findFirst()
              .orElseThrow()
              .path("categories");
      assertThat(categories.valueStream().map(JsonNode::asText))
          .containsExactlyElementsOf(kind.categories());
    }
  }

  // ---- how the tests speak to the server

  /// What `kubectl` prints, with one space between cells and `-` for the age of the last column or
  /// the one named so.
  private List<String> printed(String... arguments) {
    List<List<String>> table = kubectl().must(arguments).table();
    int age = table.getFirst().indexOf("AGE");
    return table.stream()
        .map(
            row -> {
              if (row != table.getFirst()) {
                row.set(age, "-");
              }
              return String.join(" ", row);
            })
        .toList();
  }

  JsonNode created(FluidKind kind, String spec) throws IOException {
    JsonNode created = created(kind, "defaults", spec).path("spec");
    kubectl().must("delete", kind.singular(), "defaults");
    return created;
  }

  private JsonNode created(FluidKind kind, String name, String spec) throws IOException {
    ObjectNode document = document(kind, name);
    document.set("spec", yaml(spec));
    return post(kind, document);
  }

  JsonNode post(FluidKind kind, JsonNode document) throws IOException {
    return JSON.readTree(server.client().raw(uri(kind), "POST", document));
  }

  private JsonNode get(FluidKind kind, String name) throws IOException {
    return JSON.readTree(server.client().raw(uri(kind) + "/" + name));
  }

  private JsonNode status(FluidKind kind, String name, String status) throws IOException {
    ObjectNode document = (ObjectNode) get(kind, name);
    document.set("status", yaml(status));
    return put(kind, name, document);
  }

  private JsonNode put(FluidKind kind, String name, JsonNode document) throws IOException {
    return JSON.readTree(server.client().raw(uri(kind) + "/" + name + "/status", "PUT", document));
  }

  /// Paths that the refusal of a document names, without the places in lists, which older servers
  /// leave out.
  private List<String> refusedFields(FluidKind kind, JsonNode document) {
    KubernetesClientException refusal = refusal(kind, document);
    assertThat(refusal.getCode()).isEqualTo(422);
    return refusal.getStatus().getDetails().getCauses().stream()
        // Which of several fields is wrong is told in the message only.
        .flatMap(
            cause -> Stream.of(cause.getField(), cause.getMessage().replaceAll(ALTERNATIVES, "$1")))
        .map(path -> path.replaceAll("\\[[^]]*]", ""))
        .toList();
  }

  KubernetesClientException refusal(FluidKind kind, JsonNode document) {
    KubernetesClientException refusal =
        catchThrowableOfType(
            KubernetesClientException.class,
            () -> server.client().raw(uri(kind), "POST", document));
    assertThat(refusal).as("refused").isNotNull();
    return refusal;
  }

  static ObjectNode document(FluidKind kind, String name) {
    ObjectNode document = JSON.createObjectNode();
    document.put("apiVersion", FluidKind.GROUP + "/" + FluidKind.VERSION);
    document.put("kind", kind.kind());
    document.putObject("metadata").put("name", name);
    return document;
  }

  static JsonNode yaml(String text) throws IOException {
    return JSON.readTree(new YAMLMapper().readTree(text).toString());
  }

  private static String uri(FluidKind kind) {
    String namespace = kind.isClusterWide() ? "" : "/namespaces/default";
    return "/apis/" + FluidKind.GROUP + "/" + FluidKind.VERSION + namespace + "/" + kind.plural();
  }

  private static void awaitUntil(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as(what).isBefore(deadline);
      Thread.onSpinWait();
    }
  }
}
