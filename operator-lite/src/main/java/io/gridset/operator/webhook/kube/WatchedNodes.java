package io.gridset.operator.webhook.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The cluster's nodes: their labels, and what their kubelets understand. Thread-safe.
final class WatchedNodes implements AutoCloseable {
  /// From this 1.x on, init containers that go on running are there unless somebody turned them
  /// off.
  private static final int NATIVE_SIDECARS_MINOR = 29;

  private static final Pattern VERSION = Pattern.compile("v?1\\.([0-9]+).*");
  private static final String BY_LABEL = "label";
  private static final String BY_AGE = "age";
  private static final String OLD = "old";

  private final int server;
  private final SharedIndexInformer<Node> nodes;

  WatchedNodes(KubernetesClient client) {
    VersionInfo version = client.getKubernetesVersion();
    this.server = minor("1." + version.getMinor());
    this.nodes = client.nodes().runnableInformer(0);
    nodes.addIndexers(
        Map.of(
            BY_LABEL,
            node ->
                labels(node).keySet().stream().filter(key -> key.startsWith("fluid.io/")).toList(),
            BY_AGE,
            node -> isOld(node) ? List.of(OLD) : List.of()));
    nodes.run();
  }

  /// Whether server and all kubelets know native sidecars: an older kubelet would take one for an
  /// ordinary init container, and wait for its end.
  boolean allKnowNativeSidecars() {
    return server >= NATIVE_SIDECARS_MINOR && nodes.getIndexer().byIndex(BY_AGE, OLD).isEmpty();
  }

  /// Nodes that carry this label with the value `true`.
  List<Node> labelled(String label) {
    return nodes.getIndexer().byIndex(BY_LABEL, label).stream()
        .filter(node -> "true".equals(labels(node).get(label)))
        .sorted(Comparator.comparing(node -> node.getMetadata().getName()))
        .toList();
  }

  static Map<String, String> labels(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }

  /// A node says its version as soon as its kubelet runs, and no pod runs there before.
  private static boolean isOld(Node node) {
    String version =
        node.getStatus() == null || node.getStatus().getNodeInfo() == null
            ? null
            : node.getStatus().getNodeInfo().getKubeletVersion();
    return version != null && !version.isEmpty() && minor(version) < NATIVE_SIDECARS_MINOR;
  }

  private static int minor(String version) {
    Matcher parts = VERSION.matcher(version);
    return parts.matches() ? Integer.parseInt(parts.group(1)) : 0;
  }

  @Override
  public void close() {
    nodes.stop();
  }
}
