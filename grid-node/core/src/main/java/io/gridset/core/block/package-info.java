/// Blocks: fixed slices of one version of one file, the unit of transfer, placement, single-flight
/// and checksum. Pure arithmetic and identities; knows nothing of stores, caches or clocks.
///
/// Entry type: [io.gridset.core.block.FileVersion]. Why no block object with bytes in it: bytes
/// stay in cache files and are only ever addressed, never carried.
@NullMarked
package io.gridset.core.block;

import org.jspecify.annotations.NullMarked;
