package io.gridset.localstore.http;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;

/// A plain TCP connection. File bytes go by `sendfile(2)`: the page cache's (or tmpfs') own pages
/// are queued, nothing is copied on this side.
public final class ChannelWire implements Wire {
  /// What is copied when the socket has no room for `sendfile`: the blocking write of this piece is
  /// also the wait for room.
  private static final int FALLBACK_BYTES = 64 * 1024;

  private final SocketChannel channel;

  public ChannelWire(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return channel.read(ByteBuffer.wrap(target, offset, length));
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void sendFile(FileChannel file, long position, long count) throws IOException {
    long at = position;
    long end = position + count;
    while (at < end) {
      long sent = file.transferTo(at, end - at, channel);
      if (sent == 0) {
        sent = sendPiece(file, at, (int) Math.min(FALLBACK_BYTES, end - at));
      }
      at += sent;
    }
  }

  private int sendPiece(FileChannel file, long position, int length) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate(length);
    int read = file.read(piece, position);
    if (read <= 0) {
      throw new EOFException("the object's file ends at " + position);
    }
    write(piece.flip());
    return read;
  }

  @Override
  public void abort() {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException _) {
      // Already closed: nothing is left to reset.
    }
    close();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // The connection is over either way.
    }
  }
}
