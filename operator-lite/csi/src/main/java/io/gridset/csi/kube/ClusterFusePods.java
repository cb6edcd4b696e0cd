package io.gridset.csi.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.gridset.csi.CleanPolicy;
import io.gridset.csi.FusePods;
import io.gridset.csi.FuseVolume;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The FUSE pods of a node as its API server tells. Constructed means configured: the server is
/// first asked when it is needed. Thread-safe.
public final class ClusterFusePods implements FusePods, AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  /// A kubelet asks again anyhow.
  private static final int RETRIES = 1;

  private static final int NOT_FOUND = 404;

  /// What the operator writes on DaemonSets and their pods.
  private static final String CLEAN_POLICY = "gridset.io/fuse-clean-policy";

  private static final String TEMPLATE = "gridset.io/fuse-template";
  private static final JsonMapper JSON = new JsonMapper();
  private static final ResourceDefinitionContext DAEMON_SETS =
      new ResourceDefinitionContext.Builder()
          .withGroup("apps")
          .withVersion("v1")
          .withKind("DaemonSet")
          .withPlural("daemonsets")
          .withNamespaced(true)
          .build();

  private final KubernetesClient client;
  private final String node;

  private ClusterFusePods(KubernetesClient client, String node) {
    this.client = client;
    this.node = node;
  }

  /// @param kubeconfig a file; empty for the pod's own account
  /// @throws IOException when the file is not one
  public static ClusterFusePods of(Optional<Path> kubeconfig, String node) throws IOException {
    Config base =
        kubeconfig.isPresent()
            ? Config.fromKubeconfig(kubeconfig.get().toFile())
            : Config.autoConfigure(null);
    Config config =
        new ConfigBuilder(base)
            .withConnectionTimeout((int) CONNECT_LIMIT.toMillis())
            .withRequestTimeout((int) ANSWER_LIMIT.toMillis())
            .withRequestRetryBackoffLimit(RETRIES)
            .build();
    return new ClusterFusePods(new KubernetesClientBuilder().withConfig(config).build(), node);
  }

  @Override
  public Optional<Daemon> daemon(FuseVolume volume) throws IOException {
    GenericKubernetesResource found =
        ask(
            "DaemonSet",
            () ->
                client
                    .genericKubernetesResources(DAEMON_SETS)
                    .inNamespace(volume.dataset().namespace())
                    .withName(volume.dataset().name() + "-fuse")
                    .get());
    if (found == null) {
      return Optional.empty();
    }
    JsonNode daemon = JSON.valueToTree(found);
    JsonNode template = daemon.at("/spec/template");
    // Attributes are not trusted: a label is set only where it starts these pods.
    if (!template.at("/spec/nodeSelector").path(volume.nodeLabel()).asText().equals("true")) {
      return Optional.empty();
    }
    return Optional.of(
        new Daemon(
            daemon.at("/metadata/name").asText(),
            cleanPolicy(daemon.at("/metadata/annotations").path(CLEAN_POLICY).asText("")),
            template.at("/metadata/annotations").path(TEMPLATE).asText("")));
  }

  private static Optional<CleanPolicy> cleanPolicy(String word) throws IOException {
    try {
      return word.isEmpty() ? Optional.empty() : Optional.of(CleanPolicy.parse(word));
    } catch (IllegalArgumentException e) {
      throw new IOException("annotation " + CLEAN_POLICY + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<Pod> pod(FuseVolume volume) throws IOException {
    String namespace = volume.dataset().namespace();
    List<io.fabric8.kubernetes.api.model.Pod> pods =
        ask(
            "pods of node " + node,
            () ->
                client
                    .pods()
                    .inNamespace(namespace)
                    .withLabels(
                        Map.of(
                            "release", volume.dataset().name(), "fluid.io/managed-by", "gridset"))
                    .withField("spec.nodeName", node)
                    .list()
                    .getItems());
    Optional<JsonNode> pod =
        pods.stream()
            .<JsonNode>map(JSON::valueToTree)
            .filter(each -> each.at("/metadata/labels/role").asText().endsWith("-fuse"))
            .max(
                Comparator.<JsonNode, Boolean>comparing(each -> !isGoing(each))
                    .thenComparing(each -> each.at("/metadata/creationTimestamp").asText()));
    return pod.isEmpty() ? Optional.empty() : Optional.of(described(pod.get()));
  }

  private static boolean isGoing(JsonNode pod) {
    return pod.path("metadata").hasNonNull("deletionTimestamp");
  }

  private Pod described(JsonNode pod) {
    return new Pod(
        pod.at("/metadata/name").asText(),
        isGoing(pod),
        pod.at("/metadata/annotations").path(TEMPLATE).asText(""),
        PodTrouble.of(pod).map(said -> said.isEmpty() ? warning(pod) : said).orElse(""));
  }

  /// What a kubelet or a scheduler last complained of: it says why a container is not even made.
  private String warning(JsonNode pod) {
    String fallback = "its container has not started yet";
    try {
      List<Event> events =
          client
              .v1()
              .events()
              .inNamespace(pod.at("/metadata/namespace").asText())
              .withField("involvedObject.uid", pod.at("/metadata/uid").asText())
              .list()
              .getItems();
      return events.stream()
          .filter(event -> "Warning".equals(event.getType()))
          .max(Comparator.comparing(event -> String.valueOf(event.getLastTimestamp())))
          .map(event -> event.getReason() + ": " + event.getMessage())
          .orElse(fallback);
    } catch (KubernetesClientException e) {
      return fallback + ", and its events cannot be read: " + said(e);
    }
  }

  @Override
  public void want(FuseVolume volume) throws IOException {
    label(volume.nodeLabel(), "true");
  }

  @Override
  public void dismiss(FuseVolume volume) throws IOException {
    label(volume.nodeLabel(), null);
  }

  private void label(String label, @Nullable String value) throws IOException {
    ObjectNode patch = JSON.createObjectNode();
    patch.withObject("/metadata/labels").put(label, value);
    var _ =
        ask(
            "node " + node,
            () ->
                client
                    .nodes()
                    .withName(node)
                    .patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString()));
  }

  private interface Question<T extends @Nullable Object> {
    T ask();
  }

  private <T extends @Nullable Object> T ask(String what, Question<T> question) throws IOException {
    try {
      return question.ask();
    } catch (KubernetesClientException e) {
      String more = e.getCode() == NOT_FOUND ? "; --node-id must be its name" : "";
      throw new IOException(
          what + ": the API server " + client.getMasterUrl() + " says: " + said(e) + more, e);
    }
  }

  /// Without all the rest of the answer.
  private static String said(KubernetesClientException e) {
    return e.getStatus() == null || e.getStatus().getMessage() == null
        ? String.valueOf(e.getMessage())
        : e.getStatus().getMessage();
  }

  @Override
  public void close() {
    client.close();
  }
}
