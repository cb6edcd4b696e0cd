package io.gridset.core.object;

import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The objects of a node and of the grid it is in. Thread-safe.
public interface ObjectStore extends AutoCloseable {
  /// How far a reader goes for the bytes.
  enum Reach {
    /// Only what this node holds.
    LOCAL,
    /// Brings the object here first when another node holds it.
    FETCH
  }

  /// What is known of a name; never waits for another node unless this one has just joined.
  Optional<ObjectInfo> find(ObjectName name) throws StorageException;

  /// Objects of a namespace whose path starts with `prefix`, ordered by path.
  List<ObjectInfo> list(String namespace, String prefix);

  /// Names whose objects nobody can bring back, ordered by path; [#find] and [#list] know nothing
  /// of them. `delete` takes a name off, and so does a put.
  default List<LostObject> lost(String namespace, String prefix) {
    return List.of();
  }

  /// Opens an object's file for reading, complete and sealed: `sealed()` is always present, and its
  /// path may be opened while the handle is open.
  ///
  /// @throws StorageException NOT_FOUND with the nearest names; UNAVAILABLE naming the object when
  ///   nobody who held it is left, or when another node holds it and `reach` is LOCAL
  OpenFile open(ObjectName name, Reach reach) throws StorageException;

  /// Whether a node holds an object beside those that do, or in the place of one.
  enum Placing {
    COPY,
    /// Those others that hold it let it go, as far as enough copies are left. What is to persist
    /// stays where it is on disk.
    MOVE
  }

  /// Has a node hold the bytes of an object; readers notice nothing.
  ///
  /// @param node its name or id; empty for this one
  /// @return what is known of the object then
  /// @throws StorageException as [#open]; INVALID for a node that is not there; NO_SPACE when it
  ///   has none
  default ObjectInfo place(ObjectName name, String node, Placing placing) throws StorageException {
    if (!node.isEmpty()) {
      throw StorageException.of(
          StorageException.Kind.INVALID,
          "there is no node " + node + " to hold " + name + ": this one is in no grid of several");
    }
    try (OpenFile _ = open(name, Reach.FETCH)) {
      return find(name).orElseThrow(() -> UnknownObject.in(this, name));
    }
  }

  /// Takes memory for an object of up to `bytes` bytes. Nothing is visible of it until `seal`.
  ///
  /// @throws StorageException NO_SPACE when memory is full and nothing may go
  Staging stage(String namespace, long bytes) throws StorageException;

  /// Deletes a name; who has its bytes mapped keeps them. False when there was none.
  boolean delete(ObjectName name) throws StorageException;

  /// Calls `listener` with each name that came, went or was replaced, soon after it did. It must
  /// return at once.
  AutoCloseable watch(Consumer<ObjectName> listener);

  @Override
  void close();
}
