package io.gridset.fuse.protocol;

import java.nio.ByteBuffer;

/// `struct fuse_in_header`, 40 bytes.
///
/// @param lengthBytes of header and arguments together
/// @param unique names the request in its reply
/// @param process the thread that asks, as this process' PID namespace sees it; 0 when it does not
public record RequestHeader(int lengthBytes, int opcode, long unique, long node, int process) {
  static final int BYTES = 40;

  /// Reads the header at the start of `buffer`, which is in native order.
  public static RequestHeader of(ByteBuffer buffer) {
    return new RequestHeader(
        buffer.getInt(0),
        buffer.getInt(4),
        buffer.getLong(8),
        buffer.getLong(16),
        buffer.getInt(32));
  }
}
