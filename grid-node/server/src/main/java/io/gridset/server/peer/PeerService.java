package io.gridset.server.peer;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.Presence;
import io.gridset.core.block.FileVersion;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.store.StorageException;
import java.util.Optional;

/// What the data server of a node answers from. Thread-safe.
public interface PeerService {
  /// The block, if it is here now. The caller closes it.
  ///
  /// @throws StorageException UNSUPPORTED when the dataset or mount does not run here; INVALID for
  ///   another block size
  Optional<HeldBlock> held(BlockRequest request) throws StorageException;

  /// Whether the block is on its way from the origin now.
  boolean isComing(BlockRequest request);

  /// Brings the block here, as its home does, and waits for it. For `IF_HELD` it only joins what is
  /// on its way from the origin. The caller closes it.
  ///
  /// @throws StorageException as [#held], and what the origin says
  HeldBlock bring(BlockRequest request) throws StorageException;

  /// What of a file version is here; nothing for an unknown one.
  Presence presence(FileVersion version);

  /// The name of a dataset that runs here, by its UID. Readers with a token for some datasets may
  /// only touch those that are named here: without names, none.
  default Optional<DatasetName> datasetName(String uid) {
    return Optional.empty();
  }

  /// Whether somebody may read this object.
  ///
  /// @throws StorageException ACCESS_DENIED for a reader whose token does not lead there
  default void requireRead(PeerCaller caller, ObjectLocator object) throws StorageException {
    caller.requireRead(datasetName(object.datasetUid()));
  }

  /// Whether only members may ask for what stands under this UID, whatever a reader's token names.
  default boolean isForMembers(String uid) {
    return false;
  }
}
