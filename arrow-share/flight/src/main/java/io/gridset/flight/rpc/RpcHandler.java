package io.gridset.flight.rpc;

import java.io.IOException;

/// Answers calls, each on a thread of its own.
@FunctionalInterface
public interface RpcHandler {
  /// Reads messages and sends answers; returning means OK.
  ///
  /// @throws RpcException when the call ends with another code
  /// @throws IOException translated by whoever knows it
  void handle(RpcCall call) throws IOException;
}
