package io.gridset.server.control;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.DataLoadSpec;
import io.gridset.core.manifest.ResourceKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Who refers to which dataset, seen at one moment; gathered once for a whole listing.
///
/// @param referring datasets that refer to a dataset, as `namespace/name`
/// @param loading names of the loads of a dataset that run
record Relations(Map<DatasetName, List<String>> referring, Map<DatasetName, List<String>> loading) {
  static Relations observe(ResourceCatalog catalog) {
    Map<DatasetName, List<String>> referring = new HashMap<>();
    for (StoredResource dataset : catalog.list(ResourceKind.DATASET)) {
      // Who is not granted it must not keep its owner from deleting it.
      ReconcileLoop.reference(dataset)
          .filter(
              to ->
                  catalog
                      .find(ResourceKind.DATASET, to.original())
                      .filter(original -> !ReconcileLoop.isGranted(dataset.name(), to, original))
                      .isEmpty())
          .ifPresent(to -> add(referring, to.original(), dataset.name().toString()));
    }
    Map<DatasetName, List<String>> loading = new HashMap<>();
    for (StoredResource load : catalog.list(ResourceKind.DATA_LOAD)) {
      if (catalog.load(load).filter(record -> record.finished().isEmpty()).isPresent()) {
        add(loading, DataLoadSpec.of(load.document()).dataset(), load.name().name());
      }
    }
    return new Relations(referring, loading);
  }

  List<String> referring(DatasetName original) {
    return referring.getOrDefault(original, List.of());
  }

  List<String> loading(DatasetName dataset) {
    return loading.getOrDefault(dataset, List.of());
  }

  private static void add(Map<DatasetName, List<String>> map, DatasetName key, String value) {
    map.computeIfAbsent(key, name -> new ArrayList<>()).add(value);
  }
}
