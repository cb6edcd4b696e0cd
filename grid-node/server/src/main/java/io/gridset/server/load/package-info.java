/// Bringing files of a dataset into the cache on request, and telling truthfully how far that got.
/// The members of a grid do it together, each its share. Knows the tree, the reading of files and
/// the shared maps; knows nothing of manifests or Jobs.
///
/// Entry type: [io.gridset.server.load.GridLoads]. Why progress is counted from the cache and not
/// from what was fetched: a load whose bytes were evicted again has not succeeded.
@NullMarked
package io.gridset.server.load;

import org.jspecify.annotations.NullMarked;
