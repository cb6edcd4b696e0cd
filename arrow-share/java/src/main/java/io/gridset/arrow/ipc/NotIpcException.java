package io.gridset.arrow.ipc;

import java.io.IOException;

/// Bytes that are no Arrow IPC file or stream, or one that cannot be mapped (compressed,
/// big-endian).
public final class NotIpcException extends IOException {
  private static final long serialVersionUID = 1L;

  NotIpcException(String message) {
    super(message);
  }

  private NotIpcException(String message, Throwable cause) {
    super(message, cause);
  }

  /// Of contents that make no sense, at which flatbuffers, Arrow's schemas and vectors throw
  /// whatever they happen to stumble over.
  static NotIpcException broken(RuntimeException cause) {
    return new NotIpcException("Arrow IPC data that contradicts itself: " + cause, cause);
  }
}
