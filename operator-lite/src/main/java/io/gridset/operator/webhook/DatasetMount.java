package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import java.util.List;
import java.util.Map;

/// A dataset as a pod mounts it.
///
/// @param uid of the Dataset
/// @param runtime the engine by Fluid's word: `jindo`, `alluxio`, `juicefs`, `thin`, `vineyard`,
///   `grid`
/// @param phase of the Dataset; empty before it has one
/// @param grid how a reader reaches its workers
/// @param fuse what its runtime says about containers that mount it
/// @param holders the nodes with workers of it
public record DatasetMount(
    DatasetName name,
    String uid,
    String runtime,
    String phase,
    GridAccess grid,
    FuseTemplate fuse,
    List<Holder> holders) {
  private static final int LABEL_KEY_MAX = 62;

  public DatasetMount {
    holders = List.copyOf(holders);
  }

  /// Whether it can be read now.
  public boolean isBound() {
    return phase.equals("Bound");
  }

  /// How a reader reaches the workers.
  ///
  /// @param members `host:port` of their data servers; the name may have many addresses
  /// @param cluster the grid's name
  /// @param tokenSecret a Secret in the dataset's namespace; its key `token` holds a token that
  ///   opens this dataset only
  public record GridAccess(String members, String cluster, String tokenSecret) {}

  /// What a runtime's `spec.fuse` says about containers that mount its dataset.
  ///
  /// @param env entries of a container's `env`
  /// @param resources a container's `resources`; empty for the webhook's own
  /// @param nodeSelector where such containers may run; empty for anywhere
  public record FuseTemplate(
      ArrayNode env, ObjectNode resources, Map<String, String> nodeSelector) {
    public FuseTemplate {
      nodeSelector = Map.copyOf(nodeSelector);
    }
  }

  /// A node with a worker of the dataset.
  ///
  /// @param bytes that it holds; -1 when nobody knows
  /// @param labels of the node
  public record Holder(String node, long bytes, Map<String, String> labels) {
    public Holder {
      labels = Map.copyOf(labels);
    }
  }

  /// The label of nodes with workers, by Fluid's name: value `true`.
  String workerLabel() {
    return label("s");
  }

  /// The label of nodes with a FUSE pod, by Fluid's name: value `true`.
  String fuseLabel() {
    return label("f");
  }

  /// A label of nodes by Fluid's name; where that is too long, the Dataset's UID stands for it.
  private String label(String letter) {
    String key = "fluid.io/" + letter + "-" + name.namespace() + "-" + name.name();
    return key.length() > LABEL_KEY_MAX ? "fluid.io/" + letter + "-" + uid : key;
  }

  /// The last part of the mount's path, by Fluid's name.
  String directory() {
    return runtime.equals("jindo") ? "jindofs-fuse" : runtime + "-fuse";
  }
}
