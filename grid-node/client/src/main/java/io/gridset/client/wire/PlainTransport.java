package io.gridset.client.wire;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/// TCP as it is: the kernel copies straight from and to direct buffers. Small reads go through the
/// channel's socket, which alone knows a timeout that leaves the connection alive.
final class PlainTransport implements Transport {
  private final SocketChannel channel;
  private final InputStream in;

  PlainTransport(SocketChannel channel) throws IOException {
    this.channel = channel;
    this.in = channel.socket().getInputStream();
  }

  @Override
  public int read(byte[] into, int offset, int length, int millis) throws IOException {
    channel.socket().setSoTimeout(millis);
    return in.read(into, offset, length);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public void write(ByteBuffer[] from, int first) throws IOException {
    var _ = channel.write(from, first, from.length - first);
  }

  @Override
  public void endOutput() throws IOException {
    channel.shutdownOutput();
  }
}
