package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.api.Mounts;
import io.gridset.api.ServedObjects;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.placement.MemberView;
import java.io.IOException;
import java.util.List;

/// What stands behind a node's API. `close()` ends all of it, mounts first.
public interface NodeParts extends AutoCloseable {
  ControlPlane control();

  DatasetHost host();

  Mounts mounts();

  /// The grid that this node is in.
  Grid grid();

  /// The objects of this node, or none.
  ServedObjects objects();

  /// Takes note of where the API listens.
  void serving(List<String> api);

  /// The grid's members as this node sees them now.
  MemberView members();

  /// What `close()` is to do with all cached bytes; they are kept unless this is called.
  void disposeAtClose(Disposal disposal);

  @Override
  void close();

  /// Opens the parts of a node of the kind that its settings name.
  static NodeParts open(NodeSettings settings) throws IOException {
    return settings.reader().isPresent() ? ReaderParts.open(settings) : LocalParts.open(settings);
  }

  /// Opens the parts; the run directory is held and the state directory exists by then.
  @FunctionalInterface
  interface Factory {
    NodeParts open(NodeSettings settings) throws IOException;
  }
}
