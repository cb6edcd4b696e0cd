/// Units: sizes in bytes and how they are read and printed, and the clock seam.
@NullMarked
package io.gridset.core.unit;

import org.jspecify.annotations.NullMarked;
