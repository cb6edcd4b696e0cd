package io.gridset.localstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import javax.net.ssl.SSLSocket;

/// A TLS connection over `SSLSocket`. No `sendfile` here: every byte passes through the cipher.
public final class TlsWire implements Wire {
  /// Four TLS records: enough to amortise the calls, small enough to stay in the CPU's cache.
  private static final int PIECE_BYTES = 64 * 1024;

  private final SSLSocket socket;
  private final InputStream in;
  private final OutputStream out;

  public TlsWire(SSLSocket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return in.read(target, offset, length);
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    if (bytes.hasArray()) {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      bytes.position(bytes.limit());
    } else {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      out.write(copy);
    }
    out.flush();
  }

  @Override
  public void sendFile(FileChannel file, long position, long count) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, count));
    long at = position;
    long end = position + count;
    while (at < end) {
      piece.clear().limit((int) Math.min(piece.capacity(), end - at));
      int read = file.read(piece, at);
      if (read <= 0) {
        throw new EOFException("the object's file ends at " + at);
      }
      write(piece.flip());
      at += read;
    }
  }

  /// Without a close-notify alert; the socket below is reset, as a dying server's would be.
  @Override
  public void abort() {
    try {
      socket.setSoLinger(true, 0);
    } catch (SocketException _) {
      // Already closed: nothing is left to reset.
    }
    close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException _) {
      // The connection is over either way.
    }
  }
}
