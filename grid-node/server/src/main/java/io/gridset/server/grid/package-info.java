/// This node as a member of the grid: who else is there, and what they all were told. The only
/// package that imports `com.hazelcast`, and of that only its public API.
///
/// Entry type: [io.gridset.server.grid.GridMember]. Why nothing here carries bulk bytes or is
/// waited for by a read: `research/hazelcast.md` has the measurements.
@NullMarked
package io.gridset.server.grid;

import org.jspecify.annotations.NullMarked;
