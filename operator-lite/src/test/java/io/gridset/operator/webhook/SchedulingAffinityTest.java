package io.gridset.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.DatasetMount.Holder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Where pods with the label `fuse.serverful.fluid.io/inject` are drawn to.
class SchedulingAffinityTest {
  /// As in Fluid's chart.
  private static final String PROFILE =
      """
      pluginConfig:
        - args: |
            preferred:
              - name: fluid.io/fuse
                weight: 100
              - name: fluid.io/node
                weight: 90
              - name: topology.kubernetes.io/zone
                weight: 50
            required:
              - fluid.io/node
          name: NodeAffinityWithCache
      plugins:
        serverful: {withDataset: [NodeAffinityWithCache], withoutDataset: [PreferNodesWithoutCache]}
      """;

  private final FixedCluster cluster = InjectedPodsTest.cluster();
  private final Reviews reviews = new Reviews(cluster);

  private static ObjectNode pod(String more) throws IOException {
    ObjectNode pod = InjectedPodsTest.servingPod();
    pod.withObjectProperty("metadata")
        .set(
            "labels",
            Reviews.YAML.readTree("{fuse.serverful.fluid.io/inject: 'true'" + more + "}"));
    return pod;
  }

  private static Holder holder(String name, long bytes, String zone) {
    return new Holder(
        name, bytes, Map.of("kubernetes.io/hostname", name, "topology.kubernetes.io/zone", zone));
  }

  private static List<String> preferred(JsonNode pod) {
    return pod.at("/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution")
        .valueStream()
        .map(
            term -> {
              JsonNode expression = term.at("/preference/matchExpressions/0");
              return "%s %s %s %s"
                  .formatted(
                      term.path("weight"),
                      expression.path("key").asText(),
                      expression.path("operator").asText(),
                      expression.path("values"));
            })
        .toList();
  }

  @Test
  void withoutFiguresTheLabelsOfNodesCount() throws IOException {
    cluster.weights = LocalityWeights.parse(PROFILE);
    cluster.with(
        FixedCluster.dataset("serverless-data", "jindo", "Bound")
            .withHolders(List.of(holder("a", -1, "z1"), holder("b", -1, "z2"))));
    ObjectNode admitted = reviews.admitted(pod(""));
    assertThat(preferred(admitted))
        .containsExactly(
            "100 fluid.io/f-default-serverless-data In [\"true\"]",
            "90 fluid.io/s-default-serverless-data In [\"true\"]",
            "50 topology.kubernetes.io/zone In [\"z1\",\"z2\"]");
    assertThat(admitted.at("/spec/volumes/0/persistentVolumeClaim").isObject())
        .as("nodes mount it")
        .isTrue();
    assertThat(admitted.at("/spec/containers/0/volumeMounts/0/mountPropagation").asText())
        .isEqualTo("HostToContainer");
  }

  @Test
  void whereItIsKnownTheBytesHeldDecide() throws IOException {
    cluster.weights = LocalityWeights.parse(PROFILE.replaceAll("(?m)^.*fluid.io/fuse\\R.*\\R", ""));
    cluster.with(
        FixedCluster.dataset("serverless-data", "jindo", "Bound")
            .withHolders(
                List.of(
                    holder("a", 10, "z1"),
                    holder("b", 40, "z2"),
                    holder("c", 30, "z1"),
                    holder("d", 0, "z3"))));
    assertThat(preferred(reviews.admitted(pod(""))))
        .containsExactly(
            "90 kubernetes.io/hostname In [\"b\"]",
            "68 kubernetes.io/hostname In [\"c\"]",
            "23 kubernetes.io/hostname In [\"a\"]",
            "50 topology.kubernetes.io/zone In [\"z1\"]",
            "50 topology.kubernetes.io/zone In [\"z2\"]");
  }

  @Test
  void aLabelInsistsOnNodesThatHoldTheDataset() throws IOException {
    ObjectNode pod = pod(", fluid.io/dataset.serverless-data.sched: required");
    pod.withObjectProperty("spec")
        .set(
            "affinity",
            Reviews.YAML.readTree(
                """
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                      - matchExpressions: [{key: arch, operator: Exists}]
                      - matchFields: [{key: metadata.name, operator: In, values: [n1]}]
                """));
    ObjectNode admitted = reviews.admitted(pod);
    JsonNode terms =
        admitted.at(
            "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
    assertThat(terms).hasSize(2);
    assertThat(terms)
        .allSatisfy(
            term ->
                assertThat(term.path("matchExpressions").toString())
                    .contains("fluid.io/s-default-serverless-data"));
    assertThat(terms.get(0).path("matchExpressions")).hasSize(2);
    assertThat(reviews.admitted(admitted)).as("asked again").isEqualTo(admitted);
    assertThat(
            reviews
                .admitted(pod(", fluid.io/dataset.another.sched: required"))
                .at("/spec/affinity/nodeAffinity")
                .has("requiredDuringSchedulingIgnoredDuringExecution"))
        .isFalse();
  }

  @Test
  void aPodWithoutDatasetsIsDrawnAwayFromCaches() throws IOException {
    ObjectNode pod = pod("");
    pod.withObjectProperty("spec").remove("volumes");
    assertThat(preferred(reviews.admitted(pod)))
        .containsExactly("100 fluid.io/dataset-num DoesNotExist ");
  }

  @Test
  void aNameTooLongForALabelIsReplacedByTheUid() throws IOException {
    String name = "a".repeat(50);
    cluster.weights = LocalityWeights.parse(PROFILE);
    DatasetMount dataset = FixedCluster.dataset(name, "jindo", "Bound");
    cluster.with("serverless-data", new Claim.OfDataset(dataset));
    assertThat(preferred(reviews.admitted(pod(""))))
        .anyMatch(t -> t.contains("s-" + dataset.uid()));
  }

  @Test
  void aWrongProfileIsRefusedInWords() {
    assertThatThrownBy(() -> LocalityWeights.parse(PROFILE.replace("90", "900")))
        .hasMessageContaining("a weight from 1 to 100");
    assertThatThrownBy(() -> LocalityWeights.parse("a: ]")).hasMessageContaining("no YAML");
  }
}
