/// Tests of the protocol's values.
@NullMarked
package io.gridset.fuse.protocol;

import org.jspecify.annotations.NullMarked;
