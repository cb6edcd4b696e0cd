package io.gridset.server.reader;

import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import java.util.Optional;
import java.util.function.Consumer;

/// The origin of a mount as a node without credentials has it: not at all. Listings, identities and
/// blocks come from members; who still gets here was answered by none of them.
public record RemoteUnderStore(MountDefinition mount) implements UnderStore {
  @Override
  public String description() {
    return mount.mountPoint();
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    throw silence();
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    throw silence();
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    throw silence();
  }

  @Override
  public void close() {}

  private static StorageException silence() {
    return StorageException.retryable(
        Kind.UNAVAILABLE, "no member of the grid answers, and this node may not ask the store");
  }
}
