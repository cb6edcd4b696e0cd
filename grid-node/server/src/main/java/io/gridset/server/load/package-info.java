/// Bringing files of a dataset into the cache on request, and telling truthfully how far that got.
/// Knows the tree and the reading of files; knows nothing of manifests or Jobs.
///
/// Entry type: [io.gridset.server.load.DatasetLoad]. Why progress is counted from the cache and not
/// from what was fetched: a load whose bytes were evicted again has not succeeded.
@NullMarked
package io.gridset.server.load;

import org.jspecify.annotations.NullMarked;
