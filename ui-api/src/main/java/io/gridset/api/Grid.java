package io.gridset.api;

import io.gridset.client.AffinityView;
import io.gridset.client.DrainView;
import io.gridset.client.GridNodeView;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The grid that this node is in, as the API serves it. Thread-safe.
public interface Grid {
  /// All that belong to it, by name, those included that are gone.
  List<GridNodeView> nodes();

  /// Takes a node that is gone for good off those that belong to the grid.
  ///
  /// @param name its name or id
  /// @return false when there is none of that name
  /// @throws RefusedException when it is alive, or several have the name
  boolean forget(String name);

  /// Which nodes hold how much of a dataset; empty for one that does not run here.
  default Optional<AffinityView> affinity(DatasetName dataset) {
    return Optional.empty();
  }

  /// Begins to hand over what this node holds; while it does so already, that goes on.
  ///
  /// @throws RefusedException when it is in no grid of several
  default DrainView startDrain(Duration time) {
    throw new RefusedException("this node is in no grid of several: nobody takes blocks");
  }

  /// Makes this node one that holds blocks again; ends a handing over that is under way.
  default void undoDrain() {}

  /// The last handing over; empty when there was none.
  default Optional<DrainView> drain() {
    return Optional.empty();
  }
}
