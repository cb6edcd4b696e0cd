package io.gridset.node;

import io.gridset.core.file.OpenFile;
import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A store that is opened by its first use, for which the others wait: a node start does not. A
/// store that did not open is tried again by the next use. Calls that have no checked failure throw
/// [UncheckedIOException] then.
final class LateObjectStore implements ObjectStore {
  private final Opening opening;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable ObjectStore opened;
  private boolean closed;

  /// Opens the store.
  @FunctionalInterface
  interface Opening {
    ObjectStore open() throws StorageException;
  }

  LateObjectStore(Opening opening) {
    this.opening = opening;
  }

  /// The store, opened by now.
  ObjectStore store() throws StorageException {
    ObjectStore store = opened;
    return store == null ? open() : store;
  }

  private ObjectStore open() throws StorageException {
    lock.lock();
    try {
      ObjectStore store = opened;
      if (store != null) {
        return store;
      }
      if (closed) {
        throw StorageException.of(Kind.CANCELLED, "the node is stopping");
      }
      store = opening.open();
      opened = store;
      return store;
    } finally {
      lock.unlock();
    }
  }

  private ObjectStore storeUnchecked() {
    try {
      return store();
    } catch (StorageException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<ObjectInfo> find(ObjectName name) throws StorageException {
    return store().find(name);
  }

  @Override
  public List<ObjectInfo> list(String namespace, String prefix) {
    return storeUnchecked().list(namespace, prefix);
  }

  @Override
  public List<LostObject> lost(String namespace, String prefix) {
    return storeUnchecked().lost(namespace, prefix);
  }

  @Override
  public OpenFile open(ObjectName name, Reach reach) throws StorageException {
    return store().open(name, reach);
  }

  @Override
  public ObjectInfo place(ObjectName name, String node, Placing placing) throws StorageException {
    return store().place(name, node, placing);
  }

  @Override
  public Staging stage(String namespace, long bytes) throws StorageException {
    return store().stage(namespace, bytes);
  }

  @Override
  public boolean delete(ObjectName name) throws StorageException {
    return store().delete(name);
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    return storeUnchecked().watch(listener);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      ObjectStore store = opened;
      if (store != null) {
        store.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
