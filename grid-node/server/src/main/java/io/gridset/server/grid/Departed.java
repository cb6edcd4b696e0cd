package io.gridset.server.grid;

import io.gridset.client.GridNodeView;
import io.gridset.core.control.RefusedException;
import java.util.List;
import java.util.Optional;

/// Which node somebody means who wants it forgotten. Pure.
final class Departed {
  private Departed() {}

  /// The node of that name or id that is gone; empty when no node has the name.
  ///
  /// @throws RefusedException when it is alive, or several that are gone have the name
  static Optional<GridNodeView> named(String name, List<GridNodeView> nodes) {
    List<GridNodeView> named =
        nodes.stream().filter(n -> n.name().equals(name) || n.id().equals(name)).toList();
    List<GridNodeView> gone =
        named.stream().filter(n -> n.state() == GridNodeView.State.GONE).toList();
    if (named.isEmpty()) {
      return Optional.empty();
    }
    if (gone.size() != 1) {
      throw new RefusedException(
          gone.isEmpty()
              ? "the node " + name + " is alive; end it there with `gridset down`"
              : "several nodes that are gone have the name "
                  + name
                  + "; say which by its id: "
                  + String.join(", ", gone.stream().map(GridNodeView::id).toList()));
    }
    return Optional.of(gone.getFirst());
  }
}
