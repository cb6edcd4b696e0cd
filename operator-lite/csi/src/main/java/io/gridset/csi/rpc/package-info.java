/// Calls of gRPC with one request and one answer, over HTTP/2 on a Unix socket: all that CSI needs.
///
/// Entry type: [io.gridset.csi.rpc.RpcServer]. Knows nothing of volumes. Why neither grpc-java nor
/// the streaming server of Flight: `docs/decisions/0025`. Source: "gRPC over HTTP2", the protocol's
/// description in grpc's repository.
@NullMarked
package io.gridset.csi.rpc;

import org.jspecify.annotations.NullMarked;
