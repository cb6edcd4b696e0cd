/// Asking other members for blocks, listings and what they hold: the framed protocol of the data
/// server, as the one who asks sees it. Used by members among each other and by nodes that are no
/// member. Knows core; nothing of caches, Hazelcast or HTTP.
///
/// Entry type: [io.gridset.client.peer.Peers]. Why not HTTP: a block costs one small frame and its
/// bytes, and a member that loads must be able to say "I am at it" before it has any.
@NullMarked
package io.gridset.client.peer;

import org.jspecify.annotations.NullMarked;
