package io.gridset.server.load;

import io.gridset.core.dataset.DatasetName;
import io.gridset.server.read.CachedDatasetFiles;

/// A dataset that runs on this node, as a load sees it.
///
/// @param uid the same on all members
/// @param roomBytes what its cache can hold before it begins to evict: the quotas at their high
///   watermarks
/// @param blockBytes of the blocks in which files are fetched
public record Loadable(
    String uid, DatasetName name, CachedDatasetFiles files, long roomBytes, int blockBytes) {}
