/// Objects in a grid of several nodes: the one catalog of all their names, and the bytes that go
/// from node to node. Knows the shared tables, the data server and what this node holds; nothing of
/// Hazelcast.
///
/// Entry type: [io.gridset.server.object.grid.GridObjectCatalog]. Why holders stand in the entry of
/// a name and not in a map of their own: one entry is one fact, which one compare-and-set changes
/// and one tombstone ends.
@NullMarked
package io.gridset.server.object.grid;

import org.jspecify.annotations.NullMarked;
