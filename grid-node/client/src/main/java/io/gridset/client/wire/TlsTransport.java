package io.gridset.client.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLSocket;

/// TLS over a socket channel, by the JDK's SSLSocket: its one extra copy is small beside the
/// cipher, and it needs none of the state machine that SSLEngine leaves to its user.
final class TlsTransport implements Transport {
  /// One TLS record's payload, the most that SSLSocket takes or gives at once.
  private static final int RECORD_BYTES = 16 << 10;

  private final SSLSocket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] record = new byte[RECORD_BYTES];

  TlsTransport(SSLSocket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  @Override
  public int read(byte[] into, int offset, int length, int millis) throws IOException {
    socket.setSoTimeout(millis);
    return in.read(into, offset, length);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int count = read(record, 0, Math.min(record.length, into.remaining()), 0);
    if (count > 0) {
      into.put(record, 0, count);
    }
    return count;
  }

  @Override
  public void write(ByteBuffer[] from, int first) throws IOException {
    int count = 0;
    for (int i = first; i < from.length && count < record.length; i++) {
      int part = Math.min(from[i].remaining(), record.length - count);
      from[i].get(record, count, part);
      count += part;
    }
    out.write(record, 0, count);
    out.flush();
  }

  @Override
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }
}
