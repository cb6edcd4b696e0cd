package io.gridset.operator.webhook.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.gridset.core.manifest.Scenarios;
import io.gridset.core.unit.DataSize;
import io.gridset.operator.testing.ApiServer;
import io.gridset.operator.testing.Kubectl;
import io.gridset.operator.testing.Release;
import io.gridset.operator.webhook.SidecarSettings;
import io.gridset.operator.webhook.certificate.Keyring;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// What users may rely on at the admission of pods, whatever the version of the cluster: asked of a
/// real API server, which calls the webhook as it is installed, with no more rights than its
/// manifests give it. There is no kubelet: what is looked at is the pod that would run.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class WebhookContract {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String NAMESPACE = "gridset-system";

  private final Release release;
  private ApiServer server;
  private ClusterWebhook webhook;
  private volatile Instant ahead = Instant.EPOCH;

  WebhookContract(Release release) {
    this.release = release;
  }

  /// Where this version puts the sidecar.
  abstract String sidecarList();

  @BeforeAll
  void install() throws IOException {
    if (release.programs().isEmpty() || Release.FLOOR.programs().isEmpty()) {
      System.out.println("skipped: " + getClass().getSimpleName() + ": " + release.remedy());
      Assumptions.abort(release.remedy());
    }
    server = ApiServer.start(release);
    Path manifests = Path.of(System.getProperty("gridset.root", "."), "manifests");
    kubectl().must("apply", "--validate=false", "-f", manifests.resolve("crds").toString());
    kubectl().must("wait", "--for=condition=Established", "--timeout=50s", "crd", "--all");
    for (String file : List.of("1-access.yaml", "2-deployment.yaml")) {
      kubectl().must("apply", "-f", manifests.resolve("webhook").resolve(file).toString());
    }
    webhook = start(client(), 0);
    register(manifests.resolve("webhook/3-registration.yaml"));
    webhook.refreshKeys();
    // No controller makes accounts here, and pods need one.
    kubectl()
        .mustWith(
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: default, namespace: default}
            automountServiceAccountToken: false
            """,
            "apply",
            "-f",
            "-");
    kubectl().mustWith(Scenarios.read("1-model-serving.yaml"), "apply", "-f", "-");
    kubectl().mustWith(Scenarios.read("2-juicefs-cache-cluster.yaml"), "apply", "-f", "-");
    for (String dataset : List.of("serverless-data", "jfsdemo")) {
      kubectl().mustWith(fusePods(dataset), "apply", "-f", "-");
    }
    awaitUntil("the first pod is injected", () -> isInjected(created(servingPod())));
  }

  @AfterAll
  void stop() {
    if (webhook != null) {
      webhook.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private Kubectl kubectl() {
    return server.kubectl();
  }

  /// The webhook's own account, with the rights of its manifests and no others.
  private KubernetesClient client() {
    Config mine =
        new ConfigBuilder(server.client().getConfiguration())
            .withImpersonateUsername("system:serviceaccount:" + NAMESPACE + ":gridset-webhook")
            .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
            // As in life: a server that has just heard of a kind says so, and is asked again.
            .withRequestRetryBackoffLimit(10)
            .build();
    return new KubernetesClientBuilder().withConfig(mine).build();
  }

  private ClusterWebhook start(KubernetesClient client, int port) throws IOException {
    // Ten minutes: due to be renewed at each look, since they begin an hour ago.
    Keyring.Lives lives = new Keyring.Lives(Duration.ofMinutes(10), Duration.ofMinutes(10));
    InstantSource clock =
        () -> InstantSource.system().instant().plusSeconds(ahead.getEpochSecond());
    return ClusterWebhook.start(
        client,
        new ClusterWebhook.Settings(
            "127.0.0.1",
            port,
            NAMESPACE,
            "gridset-webhook-keys",
            "gridset-webhook",
            List.of("127.0.0.1"),
            new SidecarSettings(
                Optional.empty(), SidecarSettings.DEFAULT_MOUNT_ROOT, new DataSize(256L << 20))),
        lives,
        clock);
  }

  /// As it is installed, but called on loopback: there are no Services here.
  private void register(Path file) throws IOException {
    ObjectNode registration = (ObjectNode) YAML.readTree(Files.readString(file));
    for (JsonNode entry : registration.path("webhooks")) {
      ((ObjectNode) entry)
          .putObject("clientConfig")
          .put("url", "https://127.0.0.1:" + webhook.port() + "/mutate-pods");
    }
    kubectl().mustWith(YAML.writeValueAsString(registration), "apply", "-f", "-");
  }

  /// What the operator makes for a runtime.
  private static String fusePods(String dataset) {
    return """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: %1$s-fuse, namespace: default, labels: {fluid.io/managed-by: gridset}}
        spec:
          selector: {matchLabels: {app: x}}
          template:
            metadata: {labels: {app: x}}
            spec:
              nodeSelector: {fluid.io/f-default-%1$s: "true", disk: fast}
              containers:
                - name: fuse
                  image: registry.example/gridset:7
                  command: [gridset]
                  args: [up, --cluster=uid-of-%1$s, "--reader-of=%1$s-worker-0.%1$s-worker.default.svc:5801",
                         --cluster-token-file=/run/gridset-tokens/cluster]
                  volumeMounts: [{name: tokens, mountPath: /run/gridset-tokens}]
              volumes:
                - name: tokens
                  secret: {secretName: %1$s-token-1a2b3c4d, items: [{key: cluster, path: cluster}]}
        """
        .formatted(dataset);
  }

  private static String servingPod() {
    try {
      for (JsonNode document :
          YAML.readerFor(JsonNode.class)
              .<JsonNode>readValues(Scenarios.read("1-model-serving.yaml"))
              .readAll()) {
        if (document.path("kind").asText().equals("Deployment")) {
          ObjectNode pod = document.path("spec").path("template").deepCopy();
          pod.withObjectProperty("metadata").put("generateName", "model-serving-");
          return YAML.writeValueAsString(pod.put("apiVersion", "v1").put("kind", "Pod"));
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("scenario 1 has no Deployment");
  }

  private static String pod(String name, String labels) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, labels: {%s}}
        spec:
          containers:
            - {name: main, image: busybox, volumeMounts: [{name: data, mountPath: /data}]}
          volumes:
            - {name: data, persistentVolumeClaim: {claimName: serverless-data}}
        """
        .formatted(name, labels);
  }

  /// Creates a pod as a user does, and reads what the server then shows.
  private JsonNode created(String manifest) {
    String name =
        kubectl()
            .mustWith(manifest, "create", "-f", "-", "-o", "name")
            .text()
            .lines()
            .filter(line -> line.startsWith("pod/"))
            .findFirst()
            .orElseThrow();
    try {
      return YAML.readTree(kubectl().must("get", name, "-o", "yaml").text());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private boolean isInjected(JsonNode pod) {
    return pod.at("/spec/" + sidecarList() + "/0/name").asText().equals("fluid-fuse");
  }

  private static void awaitUntil(String what, BooleanSupplier isSo) {
    Instant deadline = Instant.now().plus(PATIENCE);
    AssertionError last = null;
    while (Instant.now().isBefore(deadline)) {
      try {
        if (isSo.getAsBoolean()) {
          return;
        }
      } catch (AssertionError e) {
        last = e;
      }
      try {
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
    throw new AssertionError("not within " + PATIENCE + ": " + what, last);
  }

  @Test
  @Order(1)
  void scenarioOnesPodGetsASidecarThatReadsFromTheWorkers() {
    JsonNode pod = created(servingPod());
    JsonNode sidecar = pod.at("/spec/" + sidecarList() + "/0");
    assertThat(sidecar.path("name").asText()).isEqualTo("fluid-fuse");
    assertThat(sidecar.path("image").asText()).isEqualTo("registry.example/gridset:7");
    assertThat(sidecar.path("args").toString())
        .contains(
            "\"--reader-of\",\"serverless-data-worker-0.serverless-data-worker.default.svc:5801\"",
            "\"--cluster\",\"uid-of-serverless-data\"");
    assertThat(pod.at("/spec/volumes/0/hostPath/path").asText())
        .startsWith("/runtime-mnt/jindo/default/serverless-data/sidecar-")
        .endsWith("/jindofs-fuse");
    assertThat(pod.at("/metadata/annotations/fluid.io~1datasets-in-use").asText())
        .isEqualTo("serverless-data");
    assertThat(pod.path("spec").toString()).contains("serverless-data-token-1a2b3c4d");
  }

  @Test
  @Order(2)
  void scenarioTwosJobPodGetsAContainerNamedLikeFluidsWhereItCanEnd() {
    String job =
        pod("job-pod", "alibabacloud.com/fluid-sidecar-target: acs")
            .replace("serverless-data", "jfsdemo")
            .replace("spec:\n", "spec:\n  restartPolicy: Never\n");
    if (sidecarList().equals("containers")) {
      Kubectl.Outcome refused = kubectl().tryWith(job, "create", "-f", "-");
      assertThat(refused.code()).isNotZero();
      assertThat(refused.text()).contains("would run on for its sidecar");
      return;
    }
    JsonNode pod = created(job);
    assertThat(isInjected(pod)).isTrue();
    assertThat(pod.at("/spec/initContainers/0/restartPolicy").asText()).isEqualTo("Always");
    assertThat(pod.at("/spec/volumes/0/hostPath/path").asText()).contains("/juicefs/");
  }

  @Test
  @Order(3)
  void aPodThatIsOnlyTriedOutIsShownAsItWouldBe() {
    Kubectl.Outcome tried =
        kubectl()
            .mustWith(
                pod("tried", "serverless.fluid.io/inject: 'true'"),
                "create",
                "--dry-run=server",
                "-f",
                "-",
                "-o",
                "yaml");
    assertThat(tried.text()).contains("fluid-fuse", "Bidirectional");
    assertThat(kubectl().tryWith("", "get", "pod", "tried").code()).isNotZero();
  }

  @Test
  @Order(4)
  void optingOutAndOtherPodsAreLeftAlone() {
    String in = "serverless.fluid.io/inject: 'true'";
    for (String labels : List.of("app: x", in + ", fluid.io/enable-injection: 'false'")) {
      JsonNode pod = created(pod("plain-" + labels.length(), labels));
      assertThat(pod.at("/spec/volumes/0/persistentVolumeClaim/claimName").asText())
          .isEqualTo("serverless-data");
      assertThat(isInjected(pod)).isFalse();
    }
  }

  @Test
  @Order(5)
  void whatCannotBeMountedIsRefusedInWords() {
    Kubectl.Outcome refused =
        kubectl()
            .tryWith(
                pod("lost", "serverless.fluid.io/inject: 'true'")
                    .replace("claimName: s", "claimName: n"),
                "create",
                "-f",
                "-");
    assertThat(refused.code()).isNotZero();
    assertThat(refused.text()).contains("neither a Dataset nor a PersistentVolumeClaim");
  }

  @Test
  @Order(6)
  void aDatasetThatWasMadeAMomentAgoIsKnown() {
    for (int i = 0; i < 5; i++) {
      String name = "fresh-" + i;
      String both =
          """
          apiVersion: data.fluid.io/v1alpha1
          kind: Dataset
          metadata: {name: %1$s, namespace: default}
          ---
          """
                  .formatted(name)
              + pod("of-" + name, "serverless.fluid.io/inject: 'true'")
                  .replace("serverless-data", name);
      Kubectl.Outcome outcome = kubectl().tryWith(both, "create", "-f", "-");
      assertThat(outcome.text()).contains("nothing was made for its runtime yet");
    }
  }

  @Test
  @Order(7)
  void weightsOfTheConfigMapAreUsedFromThenOn() {
    JsonNode pod = created(pod("near", "fuse.serverful.fluid.io/inject: 'true'"));
    assertThat(pod.at("/spec/affinity").toString()).contains("fluid.io/s-default-serverless-data");
    assertThat(pod.at("/spec/affinity").toString()).contains("\"disk\"");
    kubectl()
        .mustWith(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: webhook-plugins, namespace: gridset-system}
            data:
              pluginsProfile: |
                pluginConfig:
                  - name: NodeAffinityWithCache
                    args: |
                      preferred: [{name: fluid.io/fuse, weight: 77}]
            """,
            "apply",
            "-f",
            "-");
    List<Integer> tries = new ArrayList<>();
    awaitUntil(
        "the weight is 77",
        () -> {
          tries.add(1);
          return created(pod("near-" + tries.size(), "fuse.serverful.fluid.io/inject: 'true'"))
              .at("/spec/affinity")
              .toString()
              .contains("77");
        });
  }

  @Test
  @Order(8)
  void nodesAreKnownByWhatTheyHoldAndByWhatTheirKubeletsUnderstand() {
    for (String node : List.of("n1", "n2")) {
      kubectl()
          .mustWith(
              """
              apiVersion: v1
              kind: Node
              metadata:
                name: %1$s
                labels: {kubernetes.io/hostname: %1$s, fluid.io/s-default-jfsdemo: "true"}
              """
                  .formatted(node),
              "apply",
              "-f",
              "-");
    }
    kubectl()
        .must("annotate", "dataset", "jfsdemo", "gridset.io/held-bytes={\"n1\":100,\"n2\":50}");
    kubectl().must("delete", "configmap", "webhook-plugins", "-n", NAMESPACE);
    String near =
        generated("fuse.serverful.fluid.io/inject: 'true'").replace("serverless-data", "jfsdemo");
    awaitUntil(
        "weights go by bytes",
        () -> {
          String affinity = created(near).at("/spec/affinity").toString();
          return affinity.contains("\"weight\":100,\"preference\"")
              && affinity.contains("\"weight\":50,\"preference\"")
              && affinity.contains("[\"n2\"]");
        });
    try {
      kubelet("n1", "v1.28.3");
      awaitUntil(
          "an old kubelet gets what it understands",
          () -> created(servingPod()).at("/spec/containers/0/name").asText().equals("fluid-fuse"));
      kubelet("n1", "v1.35.4");
      awaitUntil("all kubelets are new again", () -> isInjected(created(servingPod())));
    } finally {
      kubectl().must("delete", "node", "n1", "n2");
    }
  }

  private void kubelet(String node, String version) {
    server
        .client()
        .nodes()
        .withName(node)
        .editStatus(
            found ->
                new NodeBuilder(found)
                    .editOrNewStatus()
                    .editOrNewNodeInfo()
                    .withKubeletVersion(version)
                    .withArchitecture("amd64")
                    .withBootID("b")
                    .withContainerRuntimeVersion("c")
                    .withKernelVersion("k")
                    .withKubeProxyVersion(version)
                    .withMachineID("m")
                    .withOperatingSystem("linux")
                    .withOsImage("o")
                    .withSystemUUID("u")
                    .endNodeInfo()
                    .endStatus()
                    .build());
  }

  private static String generated(String labels) {
    return pod("x", labels).replace("{name: x,", "{generateName: x-,");
  }

  @Test
  @Order(9)
  void aNamespaceThatForbidsThePrivilegedSidecarSaysSo() {
    String key = "pod-security.kubernetes.io/enforce";
    kubectl().must("label", "namespace", "default", key + "=baseline");
    try {
      awaitUntil(
          "the namespace's level is known",
          () ->
              kubectl()
                  .tryWith(generated("serverless.fluid.io/inject: 'true'"), "create", "-f", "-")
                  .text()
                  .contains("enforces the Pod Security level baseline"));
    } finally {
      kubectl().must("label", "namespace", "default", key + "-");
    }
    awaitUntil("pods are injected again", () -> isInjected(created(servingPod())));
  }

  @Test
  @Order(10)
  void keysAndAuthorityAreRenewedWhileItServes() throws Exception {
    List<String> shown = new ArrayList<>();
    for (int round = 1; round <= 3; round++) {
      webhook.refreshKeys(); // Announces an authority, which signs eleven minutes later.
      ahead = Instant.ofEpochSecond(round * 660L);
      webhook.refreshKeys();
      shown.add(shownCertificate());
      assertThat(shown.getLast()).as("what is served is what all replicas share").isEqualTo(kept());
      // Its server learns of the authority by a watch of its own, for which there is time in life.
      awaitUntil("pods are injected in round " + round, () -> isInjected(created(servingPod())));
    }
    assertThat(shown).doesNotHaveDuplicates();
  }

  private String kept() {
    return new String(
        Base64.getDecoder()
            .decode(
                server
                    .client()
                    .secrets()
                    .inNamespace(NAMESPACE)
                    .withName("gridset-webhook-keys")
                    .get()
                    .getData()
                    .get("tls.crt")),
        StandardCharsets.US_ASCII);
  }

  /// Whoever comes anew is shown this.
  private String shownCertificate() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Credulous()}, null);
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", webhook.port())) {
      socket.startHandshake();
      Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
      return "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
          .formatted(
              lines.encodeToString(socket.getSession().getPeerCertificates()[0].getEncoded()));
    }
  }

  /// Looks, and believes whatever it is shown.
  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  @Order(11)
  void twoReplicasAgreeOnTheirKeys() throws IOException {
    try (ClusterWebhook other = start(client(), 0)) {
      other.refreshKeys();
      webhook.refreshKeys();
      assertThat(isInjected(created(servingPod()))).isTrue();
    }
  }

  @Test
  @Order(12)
  void withoutTheWebhookOnlyPodsThatAskForASidecarWait() throws IOException {
    int port = webhook.port();
    webhook.close();
    assertThat(created(pod("unrelated", "app: x")).path("kind").asText()).isEqualTo("Pod");
    JsonNode near = created(pod("anywhere", "fuse.serverful.fluid.io/inject: 'true'"));
    assertThat(near.at("/spec/affinity").isMissingNode()).as("affinity fails open").isTrue();
    Kubectl.Outcome refused =
        kubectl().tryWith(pod("waits", "serverless.fluid.io/inject: 'true'"), "create", "-f", "-");
    assertThat(refused.code()).as("sidecars fail closed: %s", refused.text()).isNotZero();
    assertThat(refused.text()).contains("serverless.webhook.gridset.io");
    webhook = start(client(), port);
    awaitUntil("pods are injected again", () -> isInjected(created(servingPod())));
  }
}
