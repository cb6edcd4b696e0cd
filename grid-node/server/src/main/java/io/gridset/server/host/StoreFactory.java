package io.gridset.server.host;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.UnderStore;

/// Opens the store of a mount, with retries and whatever else belongs to it.
@FunctionalInterface
public interface StoreFactory {
  /// @throws StorageException INVALID or UNSUPPORTED naming the option or scheme to mend
  UnderStore open(MountDefinition mount) throws StorageException;
}
