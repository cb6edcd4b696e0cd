package io.gridset.core.control;

/// A request that makes sense but would break something else; the message says what, and the
/// remedy. Unchecked, because only the edge that answers the user can do anything about it.
public final class RefusedException extends RuntimeException {
  public RefusedException(String message) {
    super(message);
  }
}
