package io.gridset.operator.webhook.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The cluster's nodes: their labels, and what their kubelets understand. Thread-safe.
final class WatchedNodes implements AutoCloseable {
  /// From this 1.x on, init containers that go on running are there unless somebody turned them
  /// off.
  private static final int NATIVE_SIDECARS_MINOR = 29;

  private static final Pattern VERSION = Pattern.compile("v?1\\.([0-9]+).*");
  private static final String BY_LABEL = "label";

  private final int server;
  private final SharedIndexInformer<Node> nodes;

  /// The 1.x of each kubelet.
  private final Map<String, Integer> kubelets = new ConcurrentHashMap<>();

  private volatile boolean allNative;

  WatchedNodes(KubernetesClient client) {
    VersionInfo version = client.getKubernetesVersion();
    this.server = minor("1." + version.getMinor());
    this.nodes = client.nodes().runnableInformer(0);
    nodes.addIndexers(
        Map.of(
            BY_LABEL,
            node ->
                labels(node).keySet().stream()
                    .filter(key -> key.startsWith("fluid.io/"))
                    .toList()));
    nodes.addEventHandler(new Kubelets());
    judge();
    nodes.run();
  }

  /// Whether server and all kubelets know native sidecars: an older kubelet would take one for an
  /// ordinary init container, and wait for its end.
  boolean allKnowNativeSidecars() {
    return allNative;
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

  private void judge() {
    allNative =
        server >= NATIVE_SIDECARS_MINOR
            && kubelets.values().stream().allMatch(minor -> minor >= NATIVE_SIDECARS_MINOR);
  }

  private static int minor(String version) {
    Matcher parts = VERSION.matcher(version);
    return parts.matches() ? Integer.parseInt(parts.group(1)) : 0;
  }

  @Override
  public void close() {
    nodes.stop();
  }

  private final class Kubelets implements ResourceEventHandler<Node> {
    @Override
    public void onAdd(Node node) {
      know(node);
    }

    @Override
    public void onUpdate(Node before, Node node) {
      know(node);
    }

    @Override
    public void onDelete(Node node, boolean isFinalStateUnknown) {
      kubelets.remove(node.getMetadata().getName());
      judge();
    }

    private void know(Node node) {
      if (node.getStatus() == null || node.getStatus().getNodeInfo() == null) {
        return; // It says so as soon as its kubelet runs.
      }
      int minor = minor(String.valueOf(node.getStatus().getNodeInfo().getKubeletVersion()));
      Integer before = kubelets.put(node.getMetadata().getName(), minor);
      if (before == null || before != minor) {
        judge();
      }
    }
  }
}
