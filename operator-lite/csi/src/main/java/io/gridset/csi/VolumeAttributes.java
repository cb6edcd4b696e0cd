package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.rpc.RpcException;
import java.nio.file.Path;
import java.util.Map;

/// What a PersistentVolume's attributes say: Fluid's, and one of ours. Attributes are not trusted:
/// no path in them leads out of the mount root or the dataset.
///
/// @param subPath of the dataset, relative; empty for all of it
record VolumeAttributes(FuseVolume fuse, String subPath, Method method, CleanPolicy policy) {
  /// Fluid's names.
  static final String NAMESPACE = "runtime_namespace";

  static final String NAME = "runtime_name";
  static final String PATH = "fluid_path";
  static final String SUB_PATH = "fluid_sub_path";
  static final String MOUNT_TYPE = "mount_type";
  static final String PUBLISH_METHOD = "node_publish_method";

  /// Which label of a node starts the dataset's FUSE pod there.
  static final String NODE_LABEL = "mount_pod_node_selector_key";

  /// For plugins that do not ask the cluster for the runtime's manifest.
  static final String CLEAN_POLICY = "gridset.io/fuse-clean-policy";

  /// How a target shows the mount.
  enum Method {
    BIND,
    SYMLINK
  }

  /// @throws RpcException INVALID_ARGUMENT, naming the attribute
  static VolumeAttributes of(Map<String, String> context, CsiSettings settings)
      throws RpcException {
    DatasetName dataset = new DatasetName(named(context, NAMESPACE), named(context, NAME));
    try {
      return new VolumeAttributes(
          new FuseVolume(
              dataset, mountPoint(context, dataset, settings.mountRoot()), nodeLabel(context)),
          subPath(context.getOrDefault(SUB_PATH, "")),
          "symlink".equals(context.get(PUBLISH_METHOD)) ? Method.SYMLINK : Method.BIND,
          context.containsKey(CLEAN_POLICY)
              ? CleanPolicy.parse(context.get(CLEAN_POLICY))
              : settings.cleanPolicy());
    } catch (IllegalArgumentException e) {
      throw RpcException.invalid("volume attribute: " + e.getMessage());
    }
  }

  private static String named(Map<String, String> context, String attribute) throws RpcException {
    String value = context.getOrDefault(attribute, "");
    if (!value.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
      throw RpcException.invalid(
          "volume attribute "
              + attribute
              + " is '"
              + value
              + "': it must name a dataset's "
              + (attribute.equals(NAME) ? "runtime" : "namespace")
              + "; set it under spec.csi.volumeAttributes of the PersistentVolume");
    }
    return value;
  }

  /// No other label of a node is to be had by an attribute.
  private static String nodeLabel(Map<String, String> context) throws RpcException {
    String label = context.getOrDefault(NODE_LABEL, "");
    if (!label.isEmpty()
        && !label.matches("fluid\\.io/f-[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,59}[a-zA-Z0-9])?")) {
      throw RpcException.invalid(
          "volume attribute "
              + NODE_LABEL
              + " is '"
              + label
              + "': it must be the label of a dataset's FUSE pods, fluid.io/f-NAMESPACE-NAME");
    }
    return label;
  }

  /// As Fluid: `/runtime-mnt/TYPE/NAMESPACE/NAME/TYPE-fuse`.
  private static Path mountPoint(Map<String, String> context, DatasetName dataset, Path root)
      throws RpcException {
    String type = context.getOrDefault(MOUNT_TYPE, "grid");
    if (!type.matches("[a-zA-Z0-9._-]{1,63}") || type.startsWith(".")) {
      throw RpcException.invalid("volume attribute " + MOUNT_TYPE + " is '" + type + "'");
    }
    String given = context.getOrDefault(PATH, "");
    Path path =
        given.isEmpty()
            ? root.resolve(type)
                .resolve(dataset.namespace())
                .resolve(dataset.name())
                .resolve(type + "-fuse")
            : Path.of(given);
    if (!path.isAbsolute()
        || !path.equals(path.normalize())
        || !path.startsWith(root)
        || path.equals(root)) {
      throw RpcException.invalid(
          "volume attribute "
              + PATH
              + " is '"
              + given
              + "': it must be a directory below "
              + root
              + ", the mount root of this plugin");
    }
    return path;
  }

  private static String subPath(String given) throws RpcException {
    Path path = Path.of(given.replaceFirst("^/+", ""));
    if (!path.equals(path.normalize()) || path.startsWith("..")) {
      throw RpcException.invalid(
          "volume attribute " + SUB_PATH + " is '" + given + "': it leads out of the dataset");
    }
    return path.toString();
  }
}
