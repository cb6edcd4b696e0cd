/// How the bytes of a file reach a reader: from the cache, or by one flight per block from the
/// origin, ahead of need where the way of reading allows a guess. Knows the tree and the ports of
/// stores and caches; knows nothing of mounts or manifests.
///
/// Entry type: [io.gridset.server.read.CachedDatasetFiles]. Why a flight never reads its block out
/// of its own buffer when the cache took it: bytes live once, in the cache file.
@NullMarked
package io.gridset.server.read;

import org.jspecify.annotations.NullMarked;
