package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every object that the scenarios' manifests become, for people to read. After a wanted change,
/// run with `-Dgridset.golden=write` and read the difference.
class GoldenFilesTest {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  @ParameterizedTest
  @CsvSource({
    "1-model-serving, default, serverless-data",
    "2-juicefs-cache-cluster, default, jfsdemo",
    "3-cross-namespace, development, spark",
    "3-cross-namespace, production, spark",
    "4-burst-inference, default, demo-dataset",
    "5-arrow-pipeline, default, vineyard",
  })
  void aScenariosObjectsAreThese(String scenario, String namespace, String name)
      throws IOException {
    TestingCluster cluster = TestingCluster.ofScenario(scenario + ".yaml");
    if (namespace.equals("production")) {
      ObjectNode original = cluster.manifests.getFirst();
      original.set(
          "status",
          Json.of(
              "phase",
              "Bound",
              "runtimes",
              Json.list(Json.of("name", "spark", "type", "alluxio"))));
    }
    String rendered =
        cluster.decide(namespace, name).apply().stream()
            .map(GoldenFilesTest::yaml)
            .collect(Collectors.joining());
    Path golden =
        Path.of(System.getProperty("gridset.root", "."))
            .resolve("operator-lite/src/test/resources/golden")
            .resolve(scenario + "." + namespace + ".yaml");
    check(golden, rendered);
  }

  /// A script, a job of the user's own, and a copy, of which two come after another.
  @Test
  void dataOperationsBecomeTheseJobs() throws IOException {
    Path resources =
        Path.of(System.getProperty("gridset.root", "."))
            .resolve("operator-lite/src/test/resources");
    TestingCluster cluster =
        TestingCluster.of(Files.readString(resources.resolve("operations.yaml")));
    cluster.find("Dataset", "data").set("status", Json.of("phase", "Bound"));
    cluster
        .find("DataLoad", "warm")
        .set(
            "status",
            Json.of(
                "phase",
                "Complete",
                "observedGeneration",
                1,
                "nodeAffinity",
                Json.of(
                    "requiredDuringSchedulingIgnoredDuringExecution",
                    Json.of(
                        "nodeSelectorTerms",
                        Json.list(
                            Json.of(
                                "matchExpressions",
                                Json.list(
                                    Json.of(
                                        "key",
                                        "kubernetes.io/hostname",
                                        "operator",
                                        "In",
                                        "values",
                                        Json.list("node-0", "node-1")))))))));
    String rendered =
        cluster.decide("default", "data").apply().stream()
            .filter(object -> object.path("metadata").path("labels").has(OperationNames.DATASET))
            .map(GoldenFilesTest::yaml)
            .collect(Collectors.joining());
    check(resources.resolve("golden/operations.yaml"), rendered);
  }

  private static void check(Path golden, String rendered) throws IOException {
    if ("write".equals(System.getProperty("gridset.golden"))) {
      Files.writeString(golden, rendered);
    }
    assertThat(golden).hasContent(rendered);
  }

  private static String yaml(ObjectNode object) {
    try {
      return YAML.writeValueAsString(object);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
