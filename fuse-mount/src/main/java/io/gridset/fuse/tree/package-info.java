/// The nodes that the kernel knows: ids, what they stand for, and how often the kernel was told of
/// them. Pure bookkeeping; knows neither protocol nor origin.
///
/// Entry type: [io.gridset.fuse.tree.NodeTable]. Why ids are never reused: the kernel may hold an
/// old one for as long as a file is open.
@NullMarked
package io.gridset.fuse.tree;

import org.jspecify.annotations.NullMarked;
