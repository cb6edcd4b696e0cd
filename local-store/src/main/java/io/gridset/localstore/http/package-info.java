/// The small HTTP/1.1 of the local store: reading requests, writing responses, plain or TLS.
///
/// Knows nothing of objects or signatures. Entry types: [RequestReader] and [Wire]. Why not
/// `com.sun.net.httpserver`: benchmarks on two cores read through this server, so bodies leave by
/// `sendfile` and a fault must be able to cut, stall or falsify a response at any byte.
@NullMarked
package io.gridset.localstore.http;

import org.jspecify.annotations.NullMarked;
