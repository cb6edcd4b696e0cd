package io.gridset.fuse.transport;

/// A transport could not mount.
public final class TransportException extends Exception {
  /// Why, as far as a caller can act on it.
  public enum Reason {
    /// The device, the kernel module or the native library is not there.
    NOT_AVAILABLE,
    /// The process may not use the device or may not mount.
    NOT_PERMITTED,
    /// Anything else.
    FAILED
  }

  private final Reason reason;

  public TransportException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public TransportException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
