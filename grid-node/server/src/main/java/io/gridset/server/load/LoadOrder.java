package io.gridset.server.load;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;

/// What all members are to do together, until its coordinator takes it back.
///
/// @param id of the load, never used again
/// @param datasetUid of the dataset as all members know it
/// @param coordinator the member that sums up what the others report
/// @param round counts how often members were to list anew because they saw different files
record LoadOrder(
    String id,
    String datasetUid,
    DatasetName dataset,
    LoadRequest request,
    String coordinator,
    int round) {
  LoadOrder again() {
    return new LoadOrder(id, datasetUid, dataset, request, coordinator, round + 1);
  }
}
