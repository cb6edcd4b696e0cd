package io.gridset.flight.rpc;

import java.io.IOException;

/// The end of a call otherwise than it was meant; the client is told the message.
public final class RpcException extends IOException {
  private static final long serialVersionUID = 1L;
  private final RpcCode code;

  public RpcException(RpcCode code, String message) {
    super(message);
    this.code = code;
  }

  public RpcException(RpcCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public RpcCode code() {
    return code;
  }

  /// What the client sent makes no sense.
  public static RpcException invalid(String message) {
    return new RpcException(RpcCode.INVALID_ARGUMENT, message);
  }

  /// The client is gone, or has given the call up.
  static RpcException gone(String why) {
    return new RpcException(RpcCode.CANCELLED, why);
  }
}
