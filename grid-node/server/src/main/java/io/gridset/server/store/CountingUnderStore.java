package io.gridset.server.store;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import java.util.Optional;
import java.util.function.Consumer;

/// Another store, with its calls and bytes counted. Thread-safe.
public final class CountingUnderStore implements UnderStore {
  private final UnderStore store;
  private final StoreTraffic traffic;

  public CountingUnderStore(UnderStore store, StoreTraffic traffic) {
    this.store = store;
    this.traffic = traffic;
  }

  @Override
  public String description() {
    return store.description();
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    traffic.addCall();
    store.list(directory, sink);
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    traffic.addCall();
    return store.head(path);
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    traffic.addCall();
    store.read(
        path,
        expected,
        range,
        bytes -> {
          traffic.addBytes(bytes.remaining());
          sink.accept(bytes);
        });
  }

  @Override
  public void close() {
    store.close();
  }
}
