package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
/// @param access how a reader gets its bytes
/// @param fuse what its runtime says about containers that mount it
/// @param holders the nodes with workers of it
public record DatasetMount(
    DatasetName name,
    String uid,
    String runtime,
    String phase,
    Access access,
    FuseTemplate fuse,
    List<Holder> holders) {
  private static final int LABEL_KEY_MAX = 63;

  public DatasetMount {
    holders = List.copyOf(holders);
  }

  /// The same, with other holders.
  public DatasetMount withHolders(List<Holder> others) {
    return new DatasetMount(name, uid, runtime, phase, access, fuse, others);
  }

  /// Whether it can be read now.
  public boolean isBound() {
    return phase.equals("Bound");
  }

  /// How a reader gets a dataset's bytes.
  public sealed interface Access {
    /// From workers.
    ///
    /// @param members `host:port` of their data servers, separated by commas
    /// @param cluster the grid's name
    /// @param source what to mount of the grid
    record Grid(String members, String cluster, Token token, Source source) implements Access {}

    /// Not yet, or not at all.
    ///
    /// @param why and what helps
    record Missing(String why) implements Access {}
  }

  /// The key of a Secret in the pod's namespace that holds what opens the workers' data servers.
  public record Token(String secret, String key) {}

  /// A dataset, and a directory of it; empty for all of it.
  public record Source(DatasetName dataset, String subPath) {}

  /// What a runtime's FUSE pods have, and a sidecar as well.
  ///
  /// @param image of Gridset
  /// @param env entries of a container's `env`
  /// @param resources a container's `resources`; empty for the webhook's own
  /// @param nodeSelector where such containers may run; empty for anywhere
  /// @param pullSecrets a pod's `imagePullSecrets`
  public record FuseTemplate(
      String image,
      ArrayNode env,
      ObjectNode resources,
      Map<String, String> nodeSelector,
      ArrayNode pullSecrets) {
    public FuseTemplate {
      nodeSelector = Map.copyOf(nodeSelector);
    }

    /// Of a runtime that has none yet.
    public static FuseTemplate none() {
      JsonNodeFactory json = JsonNodeFactory.instance;
      return new FuseTemplate("", json.arrayNode(), json.objectNode(), Map.of(), json.arrayNode());
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
  public String workerLabel() {
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
    return switch (runtime) {
      case "jindo" -> "jindofs-fuse";
      case "grid" -> "gridset-fuse";
      default -> runtime + "-fuse";
    };
  }
}
