package io.gridset.csi;

import io.gridset.csi.rpc.Deadline;
import java.io.IOException;
import java.util.Optional;

/// The FUSE mounts of this node, one for a dataset, each served by a process or a pod that neither
/// the plugin's end nor that of another dataset takes along. Thread-safe.
public interface FuseMounts {
  /// What is known about a mount that nobody uses.
  enum Idle {
    /// The grid still has the dataset, or does not say.
    WANTED,

    /// The grid does not have the dataset.
    ORPHANED
  }

  /// Makes sure that the dataset is mounted and answers.
  ///
  /// @throws IOException saying what to do; what was begun goes on, and the next call finds it
  void ensure(FuseVolume volume, Deadline deadline) throws IOException;

  /// Ends the mount, its process and what it cached; none is fine.
  void release(FuseVolume volume, Deadline deadline) throws IOException;

  /// Whether the mount is served otherwise than one that started now would be.
  boolean changed(FuseVolume volume) throws IOException;

  /// Asks whether a mount without users may be wanted again.
  Idle idle(FuseVolume volume) throws IOException;

  /// When the runtime's manifest says that an unused mount is to end; empty when nobody here knows.
  ///
  /// @throws IOException when it cannot be found out now
  Optional<CleanPolicy> cleanPolicy(FuseVolume volume) throws IOException;
}
