/// The block cache of one node: cache files on tiers of memory and disk, one table per tier,
/// eviction by least recent use that asks the kernel who uses a file. Knows the ports of core and
/// the kernel; nothing of stores, datasets' trees or mounts.
///
/// Entry type: [io.gridset.server.cache.TieredBlockCache]. Why no map of blocks on the heap:
/// presence and checksums stand in the mapped table, so a cache of any size costs the collector
/// nothing.
@NullMarked
package io.gridset.server.cache;

import org.jspecify.annotations.NullMarked;
