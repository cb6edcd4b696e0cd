package io.gridset.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.dataset.DatasetName;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Names and labels of what belongs to a dataset, by Fluid's conventions. Pure.
///
/// @param type of the runtime, such as `jindo`
/// @param datasetUid stands in labels that would be too long with the dataset's name
public record Names(DatasetName dataset, String type, String datasetUid) {
  /// What all of our objects bear.
  public static final String MANAGED_BY = "fluid.io/managed-by";

  /// Its value.
  public static final String MANAGER = "gridset";

  /// The longest key or value of a label.
  private static final int LABEL_MAX = 63;

  private static final int GRID_PORT = 5701;
  private static final int DATA_PORT = 5801;
  private static final int API_PORT = 7600;

  static int gridPort() {
    return GRID_PORT;
  }

  static int dataPort() {
    return DATA_PORT;
  }

  /// Where the API of each worker listens.
  public static int apiPort() {
    return API_PORT;
  }

  /// The StatefulSet, its Service and their ServiceAccount.
  String worker() {
    return dataset.name() + "-worker";
  }

  String fuse() {
    return dataset.name() + "-fuse";
  }

  String volume() {
    return dataset.namespace() + "-" + dataset.name();
  }

  /// On nodes with a worker: `true`.
  String nodeKey() {
    return key("fluid.io/s-");
  }

  String typedNodeKey() {
    return key("fluid.io/s-" + type + "-");
  }

  /// On nodes where a pod uses the dataset; the CSI plugin writes it.
  String fuseKey() {
    return key("fluid.io/f-");
  }

  private String key(String prefix) {
    String key = prefix + volume();
    return key.length() <= LABEL_MAX ? key : prefix + datasetUid;
  }

  /// Where the FUSE pods mount on their nodes.
  String fusePath() {
    String engine =
        switch (type) {
          case "jindo" -> "jindofs";
          case "grid" -> "gridset";
          default -> type;
        };
    return runtimePath() + "/" + engine + "-fuse";
  }

  String runtimePath() {
    return "/runtime-mnt/" + type + "/" + dataset.namespace() + "/" + dataset.name();
  }

  /// What tells the pods of a role from all others; never changes.
  Map<String, String> selector(String role) {
    return new TreeMap<>(Map.of("app", type, "release", dataset.name(), "role", type + "-" + role));
  }

  String selectorText(String role) {
    StringBuilder text = new StringBuilder();
    selector(role)
        .forEach((name, value) -> text.append(name).append('=').append(value).append(','));
    return text.substring(0, text.length() - 1);
  }

  /// Labels of all objects.
  Map<String, String> labels() {
    Map<String, String> labels = new TreeMap<>();
    labels.put(MANAGED_BY, MANAGER);
    labels.put("release", dataset.name());
    labels.put("fluid.io/dataset-id", datasetUid);
    return labels;
  }

  /// The value of `fluid.io/dataset`, which only workers bear: their anti-affinity looks for it.
  String datasetLabel() {
    return volume().length() <= LABEL_MAX ? volume() : datasetUid;
  }

  /// The dataset that an object of ours belongs to, by its labels; empty when it says nothing.
  public static Optional<DatasetName> owner(JsonNode object) {
    JsonNode claim = object.path("spec").path("claimRef");
    JsonNode metadata = object.path("metadata");
    String namespace = claim.path("namespace").asText(metadata.path("namespace").asText(""));
    JsonNode labels = metadata.path("labels");
    String named = labels.path(OperationNames.DATASET).asText(labels.path("release").asText(""));
    String name = claim.path("name").asText(named);
    return namespace.isEmpty() || name.isEmpty()
        ? Optional.empty()
        : Optional.of(new DatasetName(namespace, name));
  }
}
