package io.gridset.api;

import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;

/// The objects of this node, as the API serves them. Thread-safe.
public interface ServedObjects {
  /// @throws StorageException UNSUPPORTED on a node that has none, such as a reader
  ObjectStore store() throws StorageException;

  /// This node's id among the holders of objects.
  String node();

  /// What they take here now.
  Figures figures();

  /// @param objects sealed ones that this node holds
  /// @param bytes of memory that they take
  /// @param quotaBytes of memory that they may take; 0 where there are none
  record Figures(long objects, long bytes, long quotaBytes) {
    public static Figures none() {
      return new Figures(0, 0, 0);
    }
  }

  /// Those of a node that has none.
  static ServedObjects none() {
    return new ServedObjects() {
      @Override
      public ObjectStore store() throws StorageException {
        throw StorageException.of(
            Kind.UNSUPPORTED, "this node only reads: objects are kept by members of the grid");
      }

      @Override
      public String node() {
        return "";
      }

      @Override
      public Figures figures() {
        return Figures.none();
      }
    };
  }
}
