package io.gridset.fuse.kernel;

import io.gridset.core.file.DatasetFiles;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.ReplyBodies;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.tree.Node;
import io.gridset.fuse.tree.NodeTable;

/// What the operations of one mount share.
record Served(
    DatasetFiles files,
    NodeTable nodes,
    InodeModes modes,
    ReplyBodies bodies,
    TransportCounters counters) {

  /// @throws ErrnoException ESTALE for an id that was never handed out, or was forgotten
  Node node(long id) throws ErrnoException {
    return nodes.find(id).orElseThrow(() -> new ErrnoException(Errno.ESTALE));
  }
}
