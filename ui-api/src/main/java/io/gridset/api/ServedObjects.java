package io.gridset.api;

import io.gridset.client.NodeView;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.List;

/// The objects of this node, as the API serves them. Thread-safe.
public interface ServedObjects {
  /// @throws StorageException UNSUPPORTED on a node that has none, such as a reader
  ObjectStore store() throws StorageException;

  /// This node's id among the holders of objects.
  String node();

  /// What they take here now.
  NodeView.Objects figures();

  /// Where they are served besides the API.
  List<String> listening();

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
      public NodeView.Objects figures() {
        return NodeView.Objects.none();
      }

      @Override
      public List<String> listening() {
        return List.of();
      }
    };
  }
}
