/// The tree of a dataset: several mounts joined in one, listed directory by directory on demand and
/// kept compactly. Knows under stores and a ticker; knows nothing of caches or blocks.
///
/// Entry type: [io.gridset.server.tree.DatasetTree]. Why no node objects: a million files must fit
/// in a small heap, so each directory is a handful of arrays and entries are made when asked for.
@NullMarked
package io.gridset.server.tree;

import org.jspecify.annotations.NullMarked;
