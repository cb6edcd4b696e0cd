package io.gridset.arrow;

import java.io.IOException;

/// A request that a node refused, or could not be asked.
public final class ObjectException extends IOException {
  private static final long serialVersionUID = 1L;

  /// What went wrong, as callers need to tell it apart.
  public enum Kind {
    /// No such object.
    NOT_FOUND,
    /// The token is missing or not sufficient.
    ACCESS_DENIED,
    /// The name is in use.
    ALREADY_EXISTS,
    /// The object is no longer what was asked for.
    CHANGED,
    /// The node asks to slow down.
    THROTTLED,
    /// No node listens, it ended the connection, or nobody holds the object's bytes.
    UNAVAILABLE,
    /// No answer in time.
    TIMED_OUT,
    /// What came contradicts itself.
    CORRUPT,
    /// The node's memory is full.
    NO_SPACE,
    /// The request makes no sense.
    INVALID,
    /// The node, or this client, cannot do that.
    UNSUPPORTED,
    /// The client or the node is shutting down.
    CANCELLED
  }

  private final Kind kind;

  ObjectException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  ObjectException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
