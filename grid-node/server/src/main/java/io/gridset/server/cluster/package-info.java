/// What the members of the grid hold of each dataset, and what a member that leaves hands over.
/// Knows the shared maps, the port of the block cache and the conversation between members; nothing
/// of Hazelcast, of stores or of how blocks are read.
///
/// Entry types: [io.gridset.server.cluster.Holdings] for figures, [io.gridset.server.cluster.Drain]
/// for leaving, [io.gridset.server.cluster.HandoverOperation] for those who stay. Wiring:
/// `Holdings` comes first and is the `ClusterFigures` of the dataset host, whose `held()` it then
/// publishes; a `HandoverOperation` is registered with the data server under its `NAME`; a `Drain`
/// runs with the node's state already telling that it leaves, and before the data server closes.
/// Why no catalogue of blocks: where a block is follows from the ranking, and the few that are
/// elsewhere are asked for; a catalogue would grow with the bytes.
@NullMarked
package io.gridset.server.cluster;

import org.jspecify.annotations.NullMarked;
