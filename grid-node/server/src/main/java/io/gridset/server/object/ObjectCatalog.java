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

  /// Takes a name back if it still stands for the object `id`. False when it did not.
  boolean withdraw(ObjectName name, String id) throws StorageException;

  /// This node holds the bytes of an object. Must not fail: what cannot be told now is told later.
  void hold(ObjectName name, String id);

  /// This node no longer holds them.
  void drop(ObjectName name, String id);

  /// Calls `listener` after each name that came, went or was replaced. It returns at once.
  AutoCloseable watch(Consumer<ObjectName> listener);
}
