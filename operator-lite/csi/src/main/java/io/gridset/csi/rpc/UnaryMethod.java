package io.gridset.csi.rpc;

import java.io.IOException;

/// Answers calls of one method, each on a virtual thread of its own.
@FunctionalInterface
public interface UnaryMethod {
  /// The encoded answer to an encoded request.
  ///
  /// @throws RpcException when the call ends with another code than OK
  /// @throws IOException told as INTERNAL
  byte[] call(byte[] request, Deadline deadline) throws IOException;
}
