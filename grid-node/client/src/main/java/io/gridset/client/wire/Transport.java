package io.gridset.client.wire;

import java.io.IOException;
import java.nio.ByteBuffer;

/// The bytes of a connection, plain or under TLS. Closing the channel below ends a blocked call.
interface Transport {
  /// Reads at least one byte, or returns -1 at the end.
  ///
  /// @param millis longest wait, then a SocketTimeoutException after which one may go on; 0 for no
  ///   limit
  int read(byte[] into, int offset, int length, int millis) throws IOException;

  /// Reads at least one byte into a direct buffer, or returns -1 at the end.
  int read(ByteBuffer into) throws IOException;

  /// Sends at least one byte of the buffers from `first` on.
  void write(ByteBuffer[] from, int first) throws IOException;

  /// Tells the other side that no more comes.
  void endOutput() throws IOException;
}
