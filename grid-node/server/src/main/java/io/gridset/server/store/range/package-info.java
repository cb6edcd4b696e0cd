/// Ranged GETs of our own: HTTP/1.1 over pooled keep-alive connections, from the socket into one
/// direct buffer and on to the sink. Knows sockets, TLS and HTTP; nothing of vendors, mounts or
/// caches.
///
/// Entry types: [io.gridset.server.store.range.RangeReader] for blocks and
/// [io.gridset.server.store.range.HttpTransport] for small requests, which also carries what the
/// vendors' SDKs send. Why not the JDK's HttpClient or an SDK's: they cost three to seven times the
/// CPU per byte, and none cuts off a peer that has gone silent in the middle of a body.
@NullMarked
package io.gridset.server.store.range;

import org.jspecify.annotations.NullMarked;
