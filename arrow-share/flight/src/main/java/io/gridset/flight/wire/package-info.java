/// The messages of Flight's protocol, encoded by hand: there are a dozen, of few fields each.
///
/// Source: `Flight.proto` of Apache Arrow, and the encoding of protocol buffers. Unknown fields are
/// skipped. Entry types: [io.gridset.flight.wire.ProtoReader],
/// [io.gridset.flight.wire.ProtoWriter]. Why not protobuf-java: it would copy what the one large
/// field holds.
@NullMarked
package io.gridset.flight.wire;

import org.jspecify.annotations.NullMarked;
