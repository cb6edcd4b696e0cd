/// Blocks between members: the data server that gives them, and the source that asks for them in
/// the order of the ranking. Knows the reading of files and the protocol of
/// `io.gridset.client.peer`; nothing of Hazelcast: members come as a snapshot.
///
/// Entry types: [io.gridset.server.peer.PeerService] for what is given,
/// [io.gridset.server.peer.GridBlocks] for what is taken. Why a member that is asked as home never
/// asks the home in turn: two members with different views would wait for each other.
@NullMarked
package io.gridset.server.peer;

import org.jspecify.annotations.NullMarked;
