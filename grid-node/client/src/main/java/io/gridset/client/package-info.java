/// The REST API as callers see it: wire records, shared by server and callers, and a client over
/// the node's Unix socket or TCP.
///
/// Entry type: [io.gridset.client.GridsetClient]. Knows core and Jackson, nothing of the server.
/// Why no HTTP library: the command line must start in a blink, the JDK's client speaks no Unix
/// sockets, and one request per connection needs little (`docs/decisions/0005-api-client.md`).
@NullMarked
package io.gridset.client;

import org.jspecify.annotations.NullMarked;
