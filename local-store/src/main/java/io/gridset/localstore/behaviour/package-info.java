/// How the store behaves beyond serving: bandwidth, latency, concurrency, faults, and what it
/// counted.
///
/// Knows no protocol and no socket: it decides and accounts, the server obeys. Entry types:
/// [Behaviour] and [Statistics]. Why not a proxy in front: the faults must know objects and ranges,
/// and a second hop would cost the benchmarks CPU.
@NullMarked
package io.gridset.localstore.behaviour;

import org.jspecify.annotations.NullMarked;
