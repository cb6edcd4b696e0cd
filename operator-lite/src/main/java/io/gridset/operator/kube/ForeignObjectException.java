package io.gridset.operator.kube;

/// Something of the name that is needed exists, and is somebody else's.
final class ForeignObjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ForeignObjectException(String message) {
    super(message);
  }
}
