package io.gridset.api;

import io.gridset.client.GridNodeView;
import java.util.List;

/// The grid that this node is in, as the API serves it. Thread-safe.
public interface Grid {
  /// All that belong to it, by name, those included that are gone.
  List<GridNodeView> nodes();

  /// Takes a node that is gone for good off those that belong to the grid.
  ///
  /// @param name its name or id
  /// @return false when there is none of that name
  /// @throws io.gridset.core.control.RefusedException when it is alive, or several have the name
  boolean forget(String name);
}
