package io.gridset.server.object.door;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.server.object.socket.PassedFile;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// An answer with what goes along; closed when it is sent.
///
/// @param header as it is sent
@SuppressWarnings("ArrayRecordComponent") // sent, and compared by nobody
record Reply(byte[] header, @Nullable PinnedBytes tail, @Nullable PassedFile file)
    implements AutoCloseable {
  static Reply of(Answer header) {
    return new Reply(Session.json(header), null, null);
  }

  void send(Frames frames) throws IOException {
    if (tail == null) {
      frames.send(header, file);
    } else {
      frames.send(header, tail.buffers(), tail.byteCount());
    }
  }

  @Override
  public void close() {
    try (tail;
        file) {
      // Both, whatever the first does.
    }
  }
}
