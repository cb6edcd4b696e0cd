package io.gridset.server.control;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DataLoadSpec;
import io.gridset.core.manifest.ResourceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What goes along when a resource is deleted, as Kubernetes' garbage collector does by Fluid's
/// owner references.
final class Cascade {
  private Cascade() {}

  /// The resource itself and what belongs to it.
  static List<StoredResource> of(StoredResource deleted, ResourceCatalog catalog) {
    List<StoredResource> all = new ArrayList<>(List.of(deleted));
    if (deleted.kind() == ResourceKind.DATASET) {
      Arrays.stream(ResourceKind.values())
          .filter(ResourceKind::isRuntime)
          .forEach(kind -> catalog.find(kind, deleted.name()).ifPresent(all::add));
      catalog.list(ResourceKind.DATA_LOAD).stream()
          .filter(load -> belongs(load, deleted.name()))
          .forEach(all::add);
    }
    return all;
  }

  /// Whether a load is one of a dataset's own.
  static boolean belongs(StoredResource load, DatasetName dataset) {
    return load.name().namespace().equals(dataset.namespace())
        && DataLoadSpec.of(load.document()).dataset().equals(dataset);
  }
}
