package io.gridset.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.operator.webhook.ClusterFacts.SidecarForm;
import io.gridset.operator.webhook.DatasetMount.Access;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What users fear of a webhook: that it touches what is none of its business, that a pod starts
/// without its data, that nobody says why it does not start.
class PodInjectorTest {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final FixedCluster cluster = InjectedPodsTest.cluster();
  private final Reviews reviews = new Reviews(cluster);

  private static ObjectNode pod(String labels) throws IOException {
    ObjectNode pod = InjectedPodsTest.servingPod();
    pod.withObjectProperty("metadata").set("labels", Reviews.YAML.readTree("{" + labels + "}"));
    return pod;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serverless.fluid.io/inject: 'true'",
        "fuse.sidecar.fluid.io/inject: 'true'",
        "alibabacloud.com/fluid-sidecar-target: eci",
        "alibabacloud.com/fluid-sidecar-target: acs",
        "serverless.fluid.io/inject: 'true', fuse.serverful.fluid.io/inject: 'true'",
      })
  void eachLabelThatAsksForASidecarGetsOne(String labels) throws IOException {
    ObjectNode admitted = reviews.admitted(pod(labels));
    assertThat(admitted.at("/spec/initContainers/0/name").asText()).isEqualTo("fluid-fuse");
    assertThat(admitted.at("/metadata/labels/done.sidecar.fluid.io~1inject").asText())
        .isEqualTo("true");
    assertThat(admitted.path("spec").has("affinity")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "app: x",
        "serverless.fluid.io/inject: 'false'",
        "alibabacloud.com/fluid-sidecar-target: eks",
        "serverless.fluid.io/inject: 'true', fluid.io/enable-injection: 'false'",
        "alibabacloud.com/fluid-sidecar-target: acs, fluid.io/enable-injection: 'false'",
        "fuse.serverful.fluid.io/inject: 'true', fluid.io/enable-injection: 'false'",
        "unprivileged.sidecar.fluid.io/inject: 'true'",
      })
  void otherPodsAndThoseThatOptOutAreLeftAlone(String labels) throws IOException {
    assertThat(reviews.response(Reviews.review(pod(labels))).has("patch")).isFalse();
  }

  @Test
  void podsWithoutALabelOrWithoutADatasetAreNeverChanged() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      ObjectNode pod = randomPod(random);
      JsonNode response = reviews.response(Reviews.review(pod));
      assertThat(response.path("allowed").asBoolean()).as("seed %s, %s", seed, pod).isTrue();
      assertThat(response.has("patch")).as("seed %s, %s", seed, pod).isFalse();
    }
  }

  /// Either no label of ours, or a sidecar's label and no dataset.
  private static ObjectNode randomPod(Random random) {
    boolean isLabelled = random.nextBoolean();
    ObjectNode pod = NODES.objectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode labels = pod.putObject("metadata").putObject("labels");
    labels.put("app", "a" + random.nextInt(9));
    if (isLabelled) {
      labels.put("serverless.fluid.io/inject", "true");
    } else if (random.nextBoolean()) {
      labels.put("done.sidecar.fluid.io/inject", "true");
    }
    ObjectNode spec = pod.putObject("spec");
    for (int i = 0; i < random.nextInt(4); i++) {
      ObjectNode volume = spec.withArrayProperty("volumes").addObject().put("name", "v" + i);
      switch (random.nextInt(3)) {
        case 0 -> volume.putObject("emptyDir");
        case 1 -> volume.putObject("hostPath").put("path", "/runtime-mnt/x");
        default ->
            volume
                .putObject("persistentVolumeClaim")
                .put("claimName", isLabelled ? "scratch" : "serverless-data");
      }
    }
    for (String list : List.of("containers", "initContainers")) {
      for (int i = 0; i < random.nextInt(3); i++) {
        ObjectNode container = spec.withArrayProperty(list).addObject().put("name", list + i);
        container
            .withArrayProperty("volumeMounts")
            .addObject()
            .put("name", "v" + random.nextInt(4))
            .put("mountPath", "/m");
      }
    }
    return pod;
  }

  @Test
  void otherRequestsThanThoseForNewPodsAreAdmittedAsTheyAre() throws IOException {
    for (String change : List.of("operation: UPDATE", "subResource: ephemeralcontainers")) {
      ObjectNode review = Reviews.review(pod("serverless.fluid.io/inject: 'true'"));
      review
          .withObjectProperty("request")
          .setAll((ObjectNode) Reviews.YAML.readTree("{" + change + "}"));
      assertThat(reviews.response(review).path("allowed").asBoolean()).isTrue();
      assertThat(reviews.response(review).has("patch")).isFalse();
    }
  }

  @Test
  void whatIsNoReviewIsSaidToBeNone() {
    AdmissionReviews server = new AdmissionReviews(cluster, Reviews.settings());
    for (String text : List.of("", "{}", "[1]", "{\"apiVersion\":\"admission.k8s.io/v1\"}", "x")) {
      assertThatThrownBy(() -> server.answer(text.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aPodOfADatasetThatIsNotBoundYetIsAdmittedAndWaits() throws IOException {
    cluster.with(FixedCluster.dataset("serverless-data", "jindo", ""));
    JsonNode response = reviews.response(Reviews.review(pod("serverless.fluid.io/inject: 'true'")));
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.at("/warnings/0").asText())
        .contains("Dataset default/serverless-data is not Bound yet");
    assertThat(response.has("patch")).isTrue();
  }

  @Test
  void twoPodsNeverShareADirectoryOfTheirNode() throws IOException {
    ObjectNode first = Reviews.review(pod("serverless.fluid.io/inject: 'true'"));
    ObjectNode second = first.deepCopy();
    second.withObjectProperty("request").put("uid", "another");
    assertThat(directory(first)).isNotEqualTo(directory(second)).isEqualTo(directory(first));
  }

  private String directory(ObjectNode review) {
    return Reviews.patched(review.at("/request/object"), reviews.response(review))
        .at("/spec/volumes/0/hostPath/path")
        .asText();
  }

  @Test
  void aPodWhoseDatasetIsNowhereIsRefusedUntilItIsThere() throws IOException {
    Reviews empty = new Reviews(new FixedCluster());
    assertThat(empty.refusal(pod("serverless.fluid.io/inject: 'true'")))
        .contains("serverless-data in namespace default", "create the Dataset first");
    cluster.with(withAccess(new Access.Missing("nothing was made for its runtime yet")));
    assertThat(reviews.refusal(pod("serverless.fluid.io/inject: 'true'")))
        .isEqualTo("dataset default/serverless-data: nothing was made for its runtime yet");
  }

  private static DatasetMount withAccess(Access access) {
    DatasetMount made = FixedCluster.dataset("serverless-data", "jindo", "");
    return new DatasetMount(
        made.name(), made.uid(), made.runtime(), "", access, made.fuse(), List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "baseline, pod-security.kubernetes.io/enforce=privileged",
    "restricted, take the label off",
  })
  void whereNoSidecarCanMountThePodIsRefusedWithTheRemedy(String level, String remedy)
      throws IOException {
    cluster.podSecurity = Optional.of(level);
    assertThat(reviews.refusal(pod("serverless.fluid.io/inject: 'true'")))
        .contains("enforces the Pod Security level " + level, remedy);
    cluster.podSecurity = Optional.of("privileged");
    reviews.admitted(pod("serverless.fluid.io/inject: 'true'"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hostUsers: false | users of its own",
        "os: {name: windows} | a Windows pod",
      })
  void podsThatCannotHaveAPrivilegedContainerAreRefused(String field, String message)
      throws IOException {
    ObjectNode pod = pod("serverless.fluid.io/inject: 'true'");
    pod.withObjectProperty("spec").setAll((ObjectNode) Reviews.YAML.readTree("{" + field + "}"));
    assertThat(reviews.refusal(pod)).contains(message);
  }

  @Test
  void whatIsNotDoneYetIsRefusedAndNotForgotten() throws IOException {
    String labels = "serverless.fluid.io/inject: 'true'";
    assertThat(reviews.refusal(pod(labels + ", unprivileged.sidecar.fluid.io/inject: 'true'")))
        .contains("take this label off");
    cluster.with(FixedCluster.dataset("serverless-data", "vineyard", "Bound"));
    assertThat(reviews.refusal(pod(labels))).contains("holds objects in memory");
  }

  @Test
  void anInitContainerThatReadsNeedsANativeSidecar() throws IOException {
    ObjectNode pod = InjectedPodsTest.pod("two-datasets");
    cluster.form = SidecarForm.ORDINARY;
    assertThat(reviews.refusal(pod)).contains("init container check", "Kubernetes 1.29");
    cluster.form = SidecarForm.NATIVE;
    ObjectNode admitted = reviews.admitted(pod);
    assertThat(admitted.at("/spec/initContainers"))
        .extracting(container -> container.path("name").asText())
        .containsExactly("fluid-fuse-1", "fluid-fuse-2", "check");
  }

  @Test
  void aJobThatWouldNeverEndIsRefused() throws IOException {
    cluster.form = SidecarForm.ORDINARY;
    assertThat(reviews.refusal(InjectedPodsTest.pod("job")))
        .contains("run on for its sidecar", "Kubernetes 1.29");
    cluster.form = SidecarForm.NATIVE;
    JsonNode sidecar = reviews.admitted(InjectedPodsTest.pod("job")).at("/spec/initContainers/0");
    assertThat(sidecar.path("restartPolicy").asText())
        .as("the kubelet ends it after the pod's own containers")
        .isEqualTo("Always");
  }

  @Test
  void aLabelTakesTheWaitOutOfAnOrdinarySidecar() throws IOException {
    cluster.form = SidecarForm.ORDINARY;
    String labels = "serverless.fluid.io/inject: 'true'";
    assertThat(reviews.admitted(pod(labels)).at("/spec/containers/0").has("lifecycle")).isTrue();
    labels += ", fuse.sidecar.poststart.fluid.io/inject: 'false'";
    assertThat(reviews.admitted(pod(labels)).at("/spec/containers/0").has("lifecycle")).isFalse();
  }

  @Test
  void theRuntimesFusePodsSayWhatASidecarGets() throws IOException {
    DatasetMount made = FixedCluster.dataset("serverless-data", "jindo", "Bound");
    ArrayNode env = NODES.arrayNode();
    env.addObject().put("name", "MINE").put("value", "1");
    ObjectNode resources = NODES.objectNode();
    resources.putObject("limits").put("memory", "2Gi");
    ArrayNode secrets = NODES.arrayNode();
    secrets.addObject().put("name", "registry");
    cluster.with(
        new DatasetMount(
            made.name(),
            made.uid(),
            made.runtime(),
            made.phase(),
            made.access(),
            new DatasetMount.FuseTemplate("own:2", env, resources, Map.of(), secrets),
            List.of()));
    ObjectNode admitted = reviews.admitted(pod("serverless.fluid.io/inject: 'true'"));
    JsonNode sidecar = admitted.at("/spec/initContainers/0");
    assertThat(sidecar.path("image").asText()).isEqualTo("own:2");
    assertThat(sidecar.path("env")).contains(env.get(0));
    assertThat(sidecar.path("resources")).isEqualTo(resources);
    assertThat(admitted.at("/spec/imagePullSecrets")).isEqualTo(secrets);
  }
}
