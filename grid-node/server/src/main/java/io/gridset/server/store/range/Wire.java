package io.gridset.server.store.range;

import java.io.IOException;
import java.nio.ByteBuffer;

/// The bytes of a connection, plain or under TLS. One thread reads and writes; any thread may close
/// the channel below, which ends a blocked call.
interface Wire {
  /// Reads at least one byte, or returns -1 at the end.
  int read(ByteBuffer into) throws IOException;

  void writeFully(ByteBuffer from) throws IOException;
}
