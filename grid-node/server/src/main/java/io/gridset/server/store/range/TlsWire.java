package io.gridset.server.store.range;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/// TLS over a socket channel, by the JDK's SSLSocket: its one extra copy is small beside
/// decryption, and it needs none of the state machine that SSLEngine leaves to its user. The
/// server's name is verified against its certificate.
final class TlsWire implements Wire {
  /// One TLS record's payload, the most that SSLSocket returns at once.
  private static final int RECORD_BYTES = 16 << 10;

  private final InputStream in;
  private final OutputStream out;
  private final byte[] record = new byte[RECORD_BYTES];

  /// Shakes hands; blocks.
  TlsWire(SocketChannel channel, Origin origin, SSLContext trust) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            trust
                .getSocketFactory()
                .createSocket(channel.socket(), origin.address(), origin.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int count = in.read(record, 0, Math.min(record.length, into.remaining()));
    if (count > 0) {
      into.put(record, 0, count);
    }
    return count;
  }

  @Override
  public void writeFully(ByteBuffer from) throws IOException {
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    out.write(bytes);
    out.flush();
  }
}
