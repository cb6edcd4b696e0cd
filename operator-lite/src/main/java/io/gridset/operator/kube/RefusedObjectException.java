package io.gridset.operator.kube;

/// The API server would not have an object, and asking again does not help.
final class RefusedObjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedObjectException(String message, Throwable cause) {
    super(message, cause);
  }
}
