package io.gridset.arrow.ipc;

import java.io.IOException;

/// Bytes that are no Arrow IPC file or stream, or one that cannot be mapped (compressed,
/// big-endian).
public final class NotIpcException extends IOException {
  private static final long serialVersionUID = 1L;

  NotIpcException(String message) {
    super(message);
  }

  NotIpcException(String message, Throwable cause) {
    super(message, cause);
  }
}
