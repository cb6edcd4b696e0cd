/// Tests of the node table.
@NullMarked
package io.gridset.fuse.tree;

import org.jspecify.annotations.NullMarked;
