/// The port of the block cache: which blocks of a file version this node holds, and where.
///
/// Entry type: [io.gridset.core.cache.BlockCache]. A cache may forget; nothing here is
/// authoritative. Why no byte arrays: hits are views of the cache file's own pages.
@NullMarked
package io.gridset.core.cache;

import org.jspecify.annotations.NullMarked;
