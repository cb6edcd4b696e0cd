/// Which members are home to a block: a pure, capacity-weighted rendezvous ranking.
///
/// Entry type: [io.gridset.core.placement.Ranking]. Why not Hazelcast's partition table: its public
/// API tells only owners, and 271 partitions leave most of a large cluster without any.
@NullMarked
package io.gridset.core.placement;

import org.jspecify.annotations.NullMarked;
