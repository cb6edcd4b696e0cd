package io.gridset.client;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadRequest;
import java.time.Instant;

/// A load under way or ended, as the node that runs it tells it.
///
/// @param id unique for the life of the node's process
public record LoadView(
    String id, DatasetName dataset, LoadRequest request, Instant started, LoadProgress progress) {}
