package io.gridset.flight;

import io.gridset.core.store.StorageException;
import io.gridset.flight.rpc.RpcCode;
import io.gridset.flight.rpc.RpcException;

/// Translates failures into gRPC's codes, here and nowhere else.
final class Failures {
  private Failures() {}

  static RpcException of(StorageException failure) {
    return new RpcException(code(failure.kind()), String.valueOf(failure.getMessage()), failure);
  }

  private static RpcCode code(StorageException.Kind kind) {
    return switch (kind) {
      case NOT_FOUND -> RpcCode.NOT_FOUND;
      case ACCESS_DENIED -> RpcCode.PERMISSION_DENIED;
      case ALREADY_EXISTS -> RpcCode.ALREADY_EXISTS;
      case CHANGED -> RpcCode.ABORTED;
      case THROTTLED, UNAVAILABLE, CANCELLED -> RpcCode.UNAVAILABLE;
      case TIMED_OUT -> RpcCode.DEADLINE_EXCEEDED;
      case CORRUPT -> RpcCode.DATA_LOSS;
      case NO_SPACE -> RpcCode.RESOURCE_EXHAUSTED;
      case INVALID -> RpcCode.INVALID_ARGUMENT;
      case UNSUPPORTED -> RpcCode.UNIMPLEMENTED;
    };
  }
}
