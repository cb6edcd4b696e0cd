package io.gridset.csi;

import java.nio.file.Path;

/// What a node plugin is told.
///
/// @param socket where a kubelet finds it
/// @param driverName as PersistentVolumes and the CSIDriver object name it
/// @param version of this program
/// @param nodeId the node's name in Kubernetes
/// @param stateDirectory remembers what was published; survives the plugin
/// @param mountRoot below which all FUSE mounts are
/// @param cleanPolicy for volumes that name none
public record CsiSettings(
    Path socket,
    String driverName,
    String version,
    String nodeId,
    Path stateDirectory,
    Path mountRoot,
    CleanPolicy cleanPolicy) {
  /// Fluid's driver name, which manifests and other people's programs know.
  public static final String DEFAULT_DRIVER_NAME = "fuse.csi.fluid.io";

  /// Longest name that Kubernetes takes for a node.
  private static final int NODE_ID_MAX = 253;

  public CsiSettings {
    if (!driverName.matches("[a-z0-9A-Z]([-a-z0-9A-Z.]{0,61}[a-z0-9A-Z])?")) {
      throw new IllegalArgumentException(
          "driver name '" + driverName + "': at most 63 letters, digits, '-' and '.'");
    }
    if (nodeId.isBlank() || nodeId.length() > NODE_ID_MAX) {
      throw new IllegalArgumentException(
          "node id '" + nodeId + "': write the node's name, such as --node-id $NODE_NAME");
    }
  }
}
