package io.gridset.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.manifest.ParsedDocument.Resource;
import io.gridset.core.manifest.ParsedDocument.Skipped;
import io.gridset.core.unit.DataSize;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestParserTest {
  private static final String DATASET =
      """
      apiVersion: data.fluid.io/v1alpha1
      kind: Dataset
      metadata:
        name: demo
      spec:
      """;

  private static final String MOUNT = DATASET + "  mounts:\n    - mountPoint: oss://bucket/dir\n";

  private static final String RUNTIME =
      """
      apiVersion: data.fluid.io/v1alpha1
      kind: JindoRuntime
      metadata:
        name: demo
      spec:
        tieredstore:
          levels:
            - mediumtype: MEM
      """;

  private static final String LEVEL = "JindoRuntime default/demo: spec.tieredstore.levels[0]";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-model-serving.yaml",
        "2-juicefs-cache-cluster.yaml",
        "3-cross-namespace.yaml",
        "4-burst-inference.yaml",
        "5-arrow-pipeline.yaml"
      })
  void everyScenarioIsAcceptedUnchanged(String file) {
    ParsedManifests parsed = ManifestParser.parse(Scenarios.read(file), "default");
    assertThat(parsed.problems()).isEmpty();
    assertThat(parsed.documents()).isNotEmpty();
  }

  @Test
  void theDeploymentOfScenarioOneIsNamedAndSkipped() {
    ParsedManifests parsed =
        ManifestParser.parse(Scenarios.read("1-model-serving.yaml"), "default");
    assertThat(parsed.documents().stream().filter(Resource.class::isInstance).map(Object::toString))
        .containsExactly(
            "Secret default/access-key",
            "Dataset default/serverless-data",
            "JindoRuntime default/serverless-data",
            "DataLoad default/serverless-data-warmup");
    Skipped skipped = (Skipped) parsed.documents().get(4);
    assertThat(skipped.name().toString()).isEqualTo("default/model-serving");
    assertThat(skipped.reason())
        .isEqualTo("Deployment runs containers, and one machine has no Kubernetes to run them");
    Resource runtime = (Resource) parsed.documents().get(2);
    assertThat(RuntimeSpec.of(runtime.document()).tiers())
        .containsExactly(
            new TierDefinition(
                TierDefinition.Medium.MEM, "/dev/shm", DataSize.parse("5Gi"), 0.95, 0.7));
    assertThat(runtime.message())
        .isEqualTo(
            "kept, not acted on by the standalone program: spec.tieredstore.levels[0].volumeType");
  }

  @Test
  void aVariableThatWasNotFilledInIsNamedWhereItStands() {
    ParsedManifests parsed = ManifestParser.parse(Scenarios.raw("1-model-serving.yaml"), "default");
    assertThat(parsed.problems())
        .contains(
            "Dataset default/serverless-data: spec.mounts[0].mountPoint: ${OSS_BUCKET} was not"
                + " filled in; set the environment variable OSS_BUCKET",
            "Secret default/access-key: stringData.fs.oss.accessKeyId: ${OSS_ACCESS_KEY_ID} was"
                + " not filled in; set the environment variable OSS_ACCESS_KEY_ID")
        .hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mountpoint: oss://b | mounts[0].mountpoint: unknown field, did you mean mountPoint?",
        "mountPoint: | mounts[0].mountPoint: is required",
        "mountPoint: osss://b/d | mounts[0].mountPoint: unknown scheme 'osss', did you mean oss?",
        "mountPoint: file:///x | mounts[0].mountPoint: unknown scheme 'file', did you mean local?",
        "mountPoint: /data/x | mounts[0].mountPoint: has no scheme; write it like oss://bucket/dir,"
            + " https://host/dir/ or local:///dir",
        "mountPoint: 'https://me:pw@host/d' | mounts[0].mountPoint: must not hold a user or"
            + " password; use encryptOptions",
        "mountPoint: dataset://spark | mounts[0].mountPoint: must be dataset://namespace/name or"
            + " dataset://namespace/name/sub/dir",
        "{mountPoint: 's3://b', path: /a/../b} | mounts[0].path: must not hold ..",
        "{mountPoint: 's3://b', readOnly: 'no'} | mounts[0].readOnly: must be true or false",
        "{mountPoint: 's3://b', options: {size: 5}} | mounts[0].options.size: must be text; put the"
            + " value in quotes",
      })
  void aWrongMountIsRefusedWithItsFieldAndRemedy(String mount, String problem) {
    String text = DATASET + "  mounts:\n    - " + mount + "\n";
    assertThat(ManifestParser.parse(text, "default").problems())
        .contains("Dataset default/demo: spec." + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "accessModes: [ReadOnly] | accessModes[0]: 'ReadOnly' is not one of ReadOnlyMany,"
            + " ReadWriteMany, ReadWriteOnce, ReadWriteOncePod",
        "accessModes: [ReadWriteMny] | accessModes[0]: 'ReadWriteMny' is not one of ReadOnlyMany,"
            + " ReadWriteMany, ReadWriteOnce, ReadWriteOncePod, did you mean ReadWriteMany?",
        "accessModes: ReadOnlyMany | accessModes: must be a list, not text",
        "placemnt: Shared | placemnt: unknown field, did you mean placement?",
        "sharedOptions: [a] | sharedOptions: must be a map of names to text",
      })
  void aWrongDatasetFieldIsRefused(String field, String problem) {
    assertThat(ManifestParser.parse(MOUNT + "  " + field + "\n", "default").problems())
        .containsExactly("Dataset default/demo: spec." + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quota: 5GiBB | .quota: '5GiBB' is not a size; write it like 5Gi, 512Mi, 1.5Gi, 500M or"
            + " 1048576",
        "quota: 0 | .quota: must be more than 0",
        "quota: 99999999Pi | .quota: '99999999Pi' is not a whole number of bytes below 8 EiB",
        "path: /dev/shm | .quota: is required (or quotaList, one size for each path)",
        "{quota: 1Gi, high: '1.2'} | .high: '1.2' is not a ratio between 0 and 1, such as \"0.95\"",
        "{quota: 1Gi, high: '0.5', low: '0.6'} | .low: low (0.6) must not be above high (0.5)",
        "{quota: 1Gi, path: shm} | .path: 'shm' is not absolute",
        "{quotaList: '1Gi,2Gi,3Gi', path: '/a,/b'} | .quotaList: has 3 sizes for 2 paths",
        "{quota: 1Gi, volumetype: emptyDir} | .volumetype: unknown field, did you mean volumeType?",
      })
  void aWrongTierIsRefused(String fields, String problem) {
    String level = fields.startsWith("{") ? fields.substring(1, fields.length() - 1) : fields;
    String text = RUNTIME.replace("- mediumtype: MEM", "- {mediumtype: MEM, " + level + "}");
    assertThat(ManifestParser.parse(text, "default").problems()).contains(LEVEL + problem);
  }

  @Test
  void anUnknownMediumIsRefused() {
    String text = RUNTIME.replace("MEM", "RAM");
    assertThat(ManifestParser.parse(text, "default").problems())
        .containsExactly(LEVEL + ".mediumtype: 'RAM' is not one of MEM, SSD, HDD");
  }

  @Test
  void aQuotaIsSplitOverThePathsAndLowNeverExceedsHighByDefault() {
    String text =
        RUNTIME.replace(
            "- mediumtype: MEM", "- {mediumtype: SSD, quota: 4Gi, path: '/a,/b', high: '0.5'}");
    Resource runtime = (Resource) ManifestParser.parse(text, "default").documents().getFirst();
    assertThat(RuntimeSpec.of(runtime.document()).tiers())
        .extracting(
            TierDefinition::path, tier -> tier.quota().display(), TierDefinition::lowWatermark)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("/a", "2.00GiB", 0.5),
            org.assertj.core.groups.Tuple.tuple("/b", "2.00GiB", 0.5));
  }

  @Test
  void twoMountsAtOnePathAreRefused() {
    String text =
        DATASET
            + """
                mounts:
                  - {mountPoint: "oss://a", name: a}
                  - {mountPoint: "s3://b", name: b, path: /a/}
                  - {mountPoint: "s3://c", name: a, path: /c}
              """;
    assertThat(ManifestParser.parse(text, "default").problems())
        .containsExactly(
            "Dataset default/demo: spec.mounts[1].path: spec.mounts[0] is at /a already",
            "Dataset default/demo: spec.mounts[2].name: spec.mounts[0] has this name already");
  }

  @Test
  void fieldsOfFluidWithoutEffectAreKeptAndNamed() {
    String text =
        MOUNT
            + """
                placement: Shared
                tolerations: []
                nodeAffinity: {required: {nodeSelectorTerms: []}}
              """;
    Resource dataset = (Resource) ManifestParser.parse(text, "default").documents().getFirst();
    assertThat(dataset.message())
        .isEqualTo(
            "kept, not acted on by the standalone program: spec.placement, spec.tolerations,"
                + " spec.nodeAffinity");
    assertThat(dataset.document().at("/spec/placement").asText()).isEqualTo("Shared");
  }

  @Test
  void allProblemsOfAllDocumentsAreToldAtOnce() {
    String text =
        DATASET
            + "  mounts: [{mountPont: x}]\n---\n"
            + RUNTIME
            + "---\napiVersion: data.fluid.io/v1alpha1\nkind: Datasett\nmetadata: {name: x}\n"
            + "---\nkind: Dataset\n"
            + "---\napiVersion: v1\nkind: Dataset\nmetadata: {name: Bad_Name}\n";
    assertThat(ManifestParser.parse(text, "default").problems())
        .containsExactly(
            "Dataset default/demo: spec.mounts[0].mountPont: unknown field, did you mean"
                + " mountPoint?",
            "Dataset default/demo: spec.mounts[0].mountPoint: is required",
            LEVEL + ".quota: is required (or quotaList, one size for each path)",
            "Datasett default/x: kind: unknown kind, did you mean Dataset?",
            "document 4: apiVersion: is required",
            "Dataset default/Bad_Name: apiVersion: must be data.fluid.io/v1alpha1, not v1");
  }

  @Test
  void aSyntaxErrorTellsItsLineAndNoneOfTheText() {
    List<String> problems =
        ManifestParser.parse("kind: Secret\nstringData:\n  a: \"hush-hush\n", "default").problems();
    assertThat(problems).singleElement().asString().contains("line", "not valid YAML");
    assertThat(problems.toString()).doesNotContain("hush");
  }

  @Test
  void anAliasIsRefusedBecauseItWouldBeReadAsText() {
    assertThat(ManifestParser.parse("a: &x secret-1\nb: *x\n", "default").problems())
        .singleElement()
        .asString()
        .contains("YAML aliases are not read");
  }

  @Test
  void aDuplicateFieldOrResourceIsRefused() {
    assertThat(ManifestParser.parse("a: 1\na: 2\n", "default").problems())
        .singleElement()
        .asString()
        .contains("Duplicate field 'a'");
    assertThat(ManifestParser.parse(MOUNT + "---\n" + MOUNT, "default").problems())
        .containsExactly("Dataset default/demo: stands in the text twice");
  }

  @Test
  void secretsAreMergedIntoOneFormAndNeverPrinted() {
    String text =
        """
        apiVersion: v1
        kind: Secret
        metadata:
          name: keys
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"hush-1"}}'
        data: {b: aHVzaC0y}
        stringData: {a: hush-1}
        """;
    ParsedManifests parsed = ManifestParser.parse(text, "default");
    Resource secret = (Resource) parsed.documents().getFirst();
    assertThat(SecretData.value(secret.document(), "a").orElseThrow().reveal()).isEqualTo("hush-1");
    assertThat(SecretData.value(secret.document(), "b").orElseThrow().reveal()).isEqualTo("hush-2");
    assertThat(parsed.toString()).doesNotContain("hush", "aHVz");
    assertThat(secret.document().toString()).doesNotContain("last-applied");
    assertThat(ManifestParser.parse(text.replace("aHVzaC0y", "'***'"), "default").problems())
        .containsExactly(
            "Secret default/keys: data.b: is not Base64; put plain text under stringData");
  }

  @Test
  void operationsThatNeedContainersAreSkippedByName() {
    ParsedManifests parsed =
        ManifestParser.parse(Scenarios.read("5-arrow-pipeline.yaml"), "default");
    assertThat(parsed.documents().stream().filter(Skipped.class::isInstance))
        .extracting(document -> ((Skipped) document).reason())
        .containsOnly("DataProcess needs containers, which the standalone program does not run");
    assertThat(((Resource) parsed.documents().get(1)).message())
        .contains("Arrow objects share the node's memory");
  }
}
