package io.gridset.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.manifest.Scenarios;
import io.gridset.operator.webhook.ClusterFacts.SidecarForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whole pods as admission leaves them, kept in files. `-Dgridset.golden=write` writes them anew.
class InjectedPodsTest {
  private static final Path DIRECTORY =
      Path.of(
          System.getProperty("gridset.root", "."),
          "operator-lite/src/test/resources/io/gridset/operator/webhook");

  static FixedCluster cluster() {
    return new FixedCluster()
        .with(FixedCluster.dataset("serverless-data", "jindo", "Bound"))
        .with(FixedCluster.dataset("jfsdemo", "juicefs", "Bound"))
        .with("scratch", new Claim.Ordinary());
  }

  /// A pod as the controllers of scenario 1's Deployment make it.
  static ObjectNode servingPod() throws IOException {
    for (JsonNode document :
        Reviews.YAML
            .readerFor(JsonNode.class)
            .<JsonNode>readValues(Scenarios.read("1-model-serving.yaml"))
            .readAll()) {
      if (document.path("kind").asText().equals("Deployment")) {
        ObjectNode pod = document.path("spec").path("template").deepCopy();
        pod.withObjectProperty("metadata").put("generateName", "model-serving-5d4f-");
        return pod.put("apiVersion", "v1").put("kind", "Pod");
      }
    }
    throw new AssertionError("scenario 1 has no Deployment");
  }

  static ObjectNode pod(String name) throws IOException {
    return name.equals("serving")
        ? servingPod()
        : Reviews.pod(Files.readString(DIRECTORY.resolve("pods").resolve(name + ".yaml")));
  }

  @ParameterizedTest
  @CsvSource({
    "serving, NATIVE",
    "serving, ORDINARY",
    "job, NATIVE",
    "two-datasets, NATIVE",
  })
  void aPodIsInjectedAsItsFileShows(String name, SidecarForm form) throws IOException {
    FixedCluster cluster = cluster();
    cluster.form = form;
    ObjectNode admitted = new Reviews(cluster).admitted(pod(name));
    String text = Reviews.YAML.writeValueAsString(admitted);
    Path file =
        DIRECTORY.resolve("injected").resolve(name + "-" + form.name().toLowerCase() + ".yaml");
    if ("write".equals(System.getProperty("gridset.golden"))) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }

  @Test
  void askedAgainTheWebhookChangesNothingMore() throws IOException {
    for (SidecarForm form : SidecarForm.values()) {
      FixedCluster cluster = cluster();
      cluster.form = form;
      Reviews reviews = new Reviews(cluster);
      ObjectNode once = reviews.admitted(pod("serving"));
      assertThat(reviews.admitted(once)).isEqualTo(once).isNotEqualTo(pod("serving"));
    }
  }

  @Test
  void anotherWebhooksContainerGetsItsDatasetWhenAskedAgain() throws IOException {
    Reviews reviews = new Reviews(cluster());
    ObjectNode pod = reviews.admitted(pod("serving"));
    ObjectNode late = pod.withObjectProperty("spec").withArrayProperty("volumes").addObject();
    late.put("name", "late").putObject("persistentVolumeClaim").put("claimName", "jfsdemo");
    ObjectNode again = reviews.admitted(pod);
    assertThat(again.at("/spec/initContainers"))
        .extracting(container -> container.path("name").asText())
        .containsExactly("fluid-fuse-1", "fluid-fuse");
    assertThat(again.at("/metadata/annotations/fluid.io~1datasets-in-use").asText())
        .isEqualTo("jfsdemo,serverless-data");
  }
}
