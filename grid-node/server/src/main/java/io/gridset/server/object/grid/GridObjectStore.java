package io.gridset.server.object.grid;

import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectFile;
import io.gridset.server.object.ObjectRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The objects of a grid on one of its nodes: those that it holds, and by a fetch those that others
/// hold. Thread-safe; `close()` closes nothing of what it stands on.
public final class GridObjectStore implements ObjectStore {
  private final LocalObjectStore local;
  private final GridObjectCatalog catalog;
  private final ObjectFetcher fetcher;

  private final ObjectPlacer placer;

  GridObjectStore(
      LocalObjectStore local,
      GridObjectCatalog catalog,
      ObjectFetcher fetcher,
      ObjectPlacer placer) {
    this.placer = placer;
    this.local = local;
    this.catalog = catalog;
    this.fetcher = fetcher;
  }

  @Override
  public Optional<ObjectInfo> find(ObjectName name) throws StorageException {
    return local.find(name);
  }

  @Override
  public List<ObjectInfo> list(String namespace, String prefix) {
    return local.list(namespace, prefix);
  }

  @Override
  public List<LostObject> lost(String namespace, String prefix) {
    return catalog.lost(namespace, prefix);
  }

  /// As [ObjectStore#open]. A name that is unknown here is asked of the grid first: it may have
  /// come a moment ago on another node.
  @Override
  public ObjectFile open(ObjectName name, Reach reach) throws StorageException {
    Optional<ObjectRecord> record = known(name);
    requireReachable(name);
    if (record.isPresent()
        && record.get().payload() == null
        && !local.holds(record.get().id())
        && reach == Reach.FETCH) {
      fetch(record.get());
    }
    return local.open(name, reach);
  }

  private Optional<ObjectRecord> known(ObjectName name) throws StorageException {
    Optional<ObjectRecord> record = catalog.find(name);
    return record.isPresent() ? record : catalog.look(name);
  }

  @Override
  public ObjectInfo place(ObjectName name, String node, Placing placing) throws StorageException {
    ObjectRecord record = known(name).orElseThrow(() -> UnknownObject.in(this, name));
    requireReachable(name);
    placer.place(record, node, placing);
    return catalog.look(name).orElseThrow(() -> UnknownObject.in(this, name)).info();
  }

  private void fetch(ObjectRecord record) throws StorageException {
    try {
      fetcher.fetch(record);
    } catch (StorageException e) {
      if (catalog.look(record.name()).filter(now -> now.id().equals(record.id())).isEmpty()) {
        requireReachable(record.name()); // It was deleted, or lost, by now.
      }
      throw e;
    }
  }

  private void requireReachable(ObjectName name) throws StorageException {
    Optional<String> missing = catalog.missing(name);
    if (missing.isPresent()) {
      throw StorageException.retryable(Kind.UNAVAILABLE, missing.get());
    }
  }

  @Override
  public Staging stage(String namespace, long bytes) throws StorageException {
    return local.stage(namespace, bytes);
  }

  @Override
  public boolean delete(ObjectName name) throws StorageException {
    boolean wasLost = catalog.forgetLost(name);
    return local.delete(name) || wasLost;
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    return local.watch(listener);
  }

  @Override
  public void close() {
    // Whoever opened the parts closes them.
  }
}
