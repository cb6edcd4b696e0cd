package io.gridset.csi;

import java.io.IOException;
import java.util.Optional;

/// What a cluster knows of the pods that mount datasets on this node, and the labels of the node by
/// which they come and go. Calls end within some seconds. Thread-safe.
public interface FusePods {
  /// The DaemonSet of a dataset.
  ///
  /// @param name as `kubectl` finds it in the dataset's namespace
  /// @param cleanPolicy of the runtime's manifest; empty when it says none
  /// @param template tells what its pods are made from now; empty when unknown
  record Daemon(String name, Optional<CleanPolicy> cleanPolicy, String template) {}

  /// A pod of a DaemonSet on this node.
  ///
  /// @param going whether it has been told to end
  /// @param template what it was made from
  /// @param trouble why it is not ready, for people; empty when it is
  record Pod(String name, boolean going, String template, String trouble) {}

  /// The DaemonSet whose pods the volume's label starts; empty when there is none.
  ///
  /// @throws IOException when the cluster does not say
  Optional<Daemon> daemon(FuseVolume volume) throws IOException;

  /// Its pod on this node: one that stays, if there are several.
  ///
  /// @throws IOException when the cluster does not say
  Optional<Pod> pod(FuseVolume volume) throws IOException;

  /// Asks for a pod on this node, which is fine when it was asked for before.
  void want(FuseVolume volume) throws IOException;

  /// Asks for none any more.
  void dismiss(FuseVolume volume) throws IOException;
}
