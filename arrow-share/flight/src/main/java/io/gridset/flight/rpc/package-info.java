/// Calls of gRPC over HTTP/2, served by threads that may block: the part of gRPC's protocol that
/// every client speaks, and nothing else. Bytes go to the socket from the memory that they are in,
/// and messages are read as they arrive, so that one of a gigabyte takes no memory.
///
/// Entry type: [io.gridset.flight.rpc.RpcServer]. Knows nothing of Flight. Why not grpc-java:
/// `docs/decisions/0017`. Source: "gRPC over HTTP2", the protocol's description in grpc's
/// repository.
@NullMarked
package io.gridset.flight.rpc;

import org.jspecify.annotations.NullMarked;
