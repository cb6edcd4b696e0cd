package io.gridset.api;

import io.gridset.client.DatasetFigures;
import io.gridset.client.NodeView;
import io.gridset.core.cache.CacheUsage;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/// Metrics in Prometheus' text format 0.0.4. Why no metrics library: every figure is already
/// counted where it arises; what is left is printing, and a registry would count it twice.
final class Exposition {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder text = new StringBuilder(4096);

  private Exposition() {}

  static String of(NodeView node, List<DatasetFigures> datasets) {
    Exposition exposition = new Exposition();
    exposition.node(node);
    exposition.tiers(node.cache().tiers());
    exposition.datasets(datasets);
    exposition.objects(node.objects());
    return exposition.text.toString();
  }

  private void node(NodeView node) {
    family("gridset_node_info", "gauge", "The version that runs.");
    sample("gridset_node_info", Map.of("version", node.version()), 1);
    single(
        "gridset_node_start_time_seconds",
        "Start of the process since the epoch.",
        node.started().getEpochSecond());
    single("gridset_members", "Grid members that this node sees.", node.members().members().size());
    NodeView.Memory memory = node.memory();
    single("gridset_heap_used_bytes", "Java heap in use.", memory.heapUsedBytes());
    single("gridset_heap_max_bytes", "Limit of the Java heap.", memory.heapMaxBytes());
    single(
        "gridset_resident_bytes",
        "Resident memory of the process, shared cache pages included.",
        memory.residentBytes());
  }

  private void tiers(List<CacheUsage.Tier> tiers) {
    tier(tiers, "gridset_tier_quota_bytes", "gauge", "Quota.", CacheUsage.Tier::quotaBytes);
    tier(tiers, "gridset_tier_used_bytes", "gauge", "Really held.", CacheUsage.Tier::usedBytes);
    tier(tiers, "gridset_tier_files", "gauge", "Cache files.", CacheUsage.Tier::files);
    tier(
        tiers,
        "gridset_tier_evicted_files_total",
        "counter",
        "Cache files evicted.",
        CacheUsage.Tier::evictedFiles);
  }

  private void tier(
      List<CacheUsage.Tier> tiers,
      String name,
      String type,
      String explanation,
      ToLongFunction<CacheUsage.Tier> figure) {
    family(name, type, explanation);
    for (CacheUsage.Tier tier : tiers) {
      sample(name, Map.of("medium", tier.medium(), "path", tier.path()), figure.applyAsLong(tier));
    }
  }

  private void datasets(List<DatasetFigures> datasets) {
    dataset(
        datasets,
        "gridset_dataset_total_bytes",
        "gauge",
        "Bytes at the origin; missing while it is being listed.",
        figures -> figures.totalBytes() == null ? -1 : figures.totalBytes());
    dataset(
        datasets,
        "gridset_dataset_cached_bytes",
        "gauge",
        "Bytes of current versions held.",
        DatasetFigures::cachedBytes);
    dataset(
        datasets,
        "gridset_dataset_capacity_bytes",
        "gauge",
        "Quota of its tiers.",
        DatasetFigures::capacityBytes);
    dataset(
        datasets,
        "gridset_dataset_origin_bytes_total",
        "counter",
        "Bytes read from the origin.",
        DatasetFigures::originBytes);
    dataset(
        datasets,
        "gridset_dataset_served_bytes_total",
        "counter",
        "Bytes handed to readers by copying.",
        DatasetFigures::servedBytes);
    dataset(
        datasets,
        "gridset_dataset_peer_bytes_total",
        "counter",
        "Bytes that came from other members.",
        DatasetFigures::peerBytes);
    dataset(
        datasets,
        "gridset_dataset_peer_requests_total",
        "counter",
        "Blocks that other members began to send here.",
        DatasetFigures::peerRequests);
    dataset(
        datasets,
        "gridset_dataset_served_to_peers_bytes_total",
        "counter",
        "Bytes of blocks handed out to other nodes.",
        DatasetFigures::servedToPeersBytes);
  }

  private void dataset(
      List<DatasetFigures> datasets,
      String name,
      String type,
      String explanation,
      ToLongFunction<DatasetFigures> figure) {
    family(name, type, explanation);
    for (DatasetFigures figures : datasets) {
      long value = figure.applyAsLong(figures);
      if (value >= 0) {
        sample(
            name,
            Map.of("namespace", figures.dataset().namespace(), "dataset", figures.dataset().name()),
            value);
      }
    }
  }

  private void objects(NodeView.Objects objects) {
    single("gridset_objects", "Sealed objects that this node holds.", objects.objects());
    single("gridset_objects_bytes", "Memory that objects take here.", objects.bytes());
    single("gridset_objects_quota_bytes", "Memory that they may take.", objects.quotaBytes());
  }

  private void single(String name, String explanation, long value) {
    family(name, "gauge", explanation);
    sample(name, Map.of(), value);
  }

  private void family(String name, String type, String explanation) {
    text.append("# HELP ").append(name).append(' ').append(explanation).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private void sample(String name, Map<String, String> labels, long value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{');
      String separator = "";
      for (String label : labels.keySet().stream().sorted().toList()) {
        text.append(separator).append(label).append("=\"");
        text.append(escape(labels.getOrDefault(label, ""))).append('"');
        separator = ",";
      }
      text.append('}');
    }
    text.append(' ').append(value).append('\n');
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
