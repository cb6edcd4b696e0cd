package io.gridset.flight.rpc;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A call under way. For the one thread that handles it; reading and sending wait for the client.
public interface RpcCall {
  /// Such as `/arrow.flight.protocol.FlightService/DoGet`.
  String method();

  /// Metadata that the client sent; names are in lower case.
  Optional<String> header(String name);

  /// Adds metadata to the head of the answer; before the first `send`.
  void answerHeader(String name, String value);

  /// The next message, or null when the client has sent its last. What was left of the one before
  /// is skipped.
  ///
  /// @throws RpcException CANCELLED when the client is gone
  @Nullable RpcMessage next() throws RpcException;

  /// Sends one message that consists of these bytes, in order. When it returns, they were handed to
  /// the system and may be used for something else.
  ///
  /// @throws RpcException CANCELLED when the client is gone
  void send(List<ByteBuffer> message) throws RpcException;
}
