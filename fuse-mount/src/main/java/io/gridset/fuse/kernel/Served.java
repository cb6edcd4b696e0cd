package io.gridset.fuse.kernel;

import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.fuse.protocol.Errno;
import io.gridset.fuse.protocol.ErrnoException;
import io.gridset.fuse.protocol.ReplyBodies;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.tree.Node;
import io.gridset.fuse.tree.NodeTable;
import java.time.Duration;

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

  /// The path of `name` in a directory.
  String child(long parent, String name) throws ErrnoException {
    String directory = node(parent).path();
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /// How long `entry` may be believed.
  Duration validity(FileEntry entry) {
    boolean draft = files.writable().map(tree -> tree.isDraft(entry)).orElse(false);
    return draft ? Duration.ZERO : files.entryTimeToLive();
  }

  /// How long a name may be believed to be absent: not at all where it may be there as soon as a
  /// program closes it.
  Duration absence() {
    return files.writable().isPresent() ? Duration.ZERO : files.entryTimeToLive();
  }
}
