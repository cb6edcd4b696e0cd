package io.gridset.csi.rpc;

import java.io.IOException;

/// The end of a call otherwise than it was meant. The caller is told the message, which names the
/// remedy: it ends up in a pod's events.
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

  /// What the caller sent makes no sense.
  public static RpcException invalid(String message) {
    return new RpcException(RpcCode.INVALID_ARGUMENT, message);
  }
}
