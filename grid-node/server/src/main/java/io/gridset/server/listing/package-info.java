/// Listings shared by the members of a grid and kept over restarts: asking a directory's home, the
/// operations by which members answer each other, and the files that listings are kept in. Knows
/// trees, members as a snapshot and the port to other nodes; nothing of Hazelcast or sockets.
///
/// Entry types: [io.gridset.server.listing.GridListings] for asking,
/// [io.gridset.server.listing.ListingOperations] for answering. Why not a distributed map of
/// listings: each member would keep every tree on its heap, needed or not.
@NullMarked
package io.gridset.server.listing;

import org.jspecify.annotations.NullMarked;
