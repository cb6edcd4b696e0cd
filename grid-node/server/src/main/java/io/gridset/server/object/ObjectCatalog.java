package io.gridset.server.object;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Who has what: the names of objects, of one node or of all of a grid. Thread-safe.
public interface ObjectCatalog {
  Optional<ObjectRecord> find(ObjectName name) throws StorageException;

  /// Records of a namespace whose path starts with `prefix`, ordered by path.
  List<ObjectRecord> list(String namespace, String prefix);

  /// Makes a name visible with all that belongs to it. False when the name is in use, or when this
  /// object was withdrawn while the node that asks was down: its bytes are to go then.
  boolean publish(ObjectRecord record) throws StorageException;

  /// Tells of an object that was here before this node was started. Never waits, also not for the
  /// other nodes of a grid. False when it is known that its name stands for it no longer.
  default boolean restore(ObjectRecord record) throws StorageException {
    Optional<ObjectRecord> now = find(record.name());
    boolean stands = now.isPresent() ? now.get().id().equals(record.id()) : publish(record);
    if (stands) {
      hold(record.name(), record.id());
    }
    return stands;
  }

  /// Whether the bytes of an object that this node holds are to stay: its name stands for it, or
  /// may yet.
  default boolean wants(ObjectName name, String id) throws StorageException {
    return find(name).filter(now -> now.id().equals(id)).isPresent();
  }

  /// Takes this node off the holders of an object if enough others hold it: then its bytes here may
  /// go. Of several that ask at once not all may.
  default boolean leave(ObjectName name, String id) throws StorageException {
    return false;
  }

  /// Takes a name back if it still stands for the object `id`. False when it did not.
  boolean withdraw(ObjectName name, String id) throws StorageException;

  /// This node holds the bytes of an object. Must not fail: what cannot be told now is told later.
  void hold(ObjectName name, String id);

  /// This node no longer holds them.
  void drop(ObjectName name, String id);

  /// Calls `listener` after each name that came, went or was replaced. It returns at once.
  AutoCloseable watch(Consumer<ObjectName> listener);
}
