/// Tests of the mount: one contract for every transport, driven by real programs.
@NullMarked
package io.gridset.fuse;

import org.jspecify.annotations.NullMarked;
