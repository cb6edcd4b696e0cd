package io.gridset.csi.rpc;

/// How a call ended; those of gRPC's codes that CSI gives a meaning.
public enum RpcCode {
  OK(0),
  INVALID_ARGUMENT(3),
  DEADLINE_EXCEEDED(4),
  NOT_FOUND(5),
  ALREADY_EXISTS(6),
  RESOURCE_EXHAUSTED(8),
  FAILED_PRECONDITION(9),
  ABORTED(10),
  UNIMPLEMENTED(12),
  INTERNAL(13),
  UNAVAILABLE(14);

  private final int number;

  RpcCode(int number) {
    this.number = number;
  }

  /// As it stands in `grpc-status`.
  int number() {
    return number;
  }
}
