package io.gridset.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// A socket (Unix or TCP) whose every wait has a deadline: the JDK's blocking channels have none,
/// so this one is non-blocking and waits in a selector. For one thread at a time.
final class TimedChannel implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private final Duration patience;

  private TimedChannel(SocketChannel channel, Selector selector, Duration patience) {
    this.channel = channel;
    this.selector = selector;
    this.patience = patience;
  }

  /// Connects `channel`, which is closed when that fails.
  static TimedChannel connect(SocketChannel channel, SocketAddress address, Duration patience)
      throws IOException {
    Selector selector = Selector.open();
    TimedChannel timed = new TimedChannel(channel, selector, patience);
    try {
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, 0);
      if (!channel.connect(address)) {
        do {
          timed.await(key, SelectionKey.OP_CONNECT, "no connection");
        } while (!channel.finishConnect());
      }
      return timed;
    } catch (IOException | RuntimeException e) {
      timed.close();
      throw e;
    }
  }

  private void await(SelectionKey key, int operation, String otherwise) throws IOException {
    key.interestOps(operation);
    if (selector.select(patience.toMillis()) == 0) {
      if (Thread.currentThread().isInterrupted()) {
        throw new java.io.InterruptedIOException("interrupted while waiting for the node");
      }
      throw new SocketTimeoutException(otherwise + " within " + patience.toSeconds() + " s");
    }
    selector.selectedKeys().clear();
  }

  private SelectionKey key() throws IOException {
    SelectionKey key = channel.keyFor(selector);
    if (key == null) {
      throw new java.nio.channels.ClosedChannelException();
    }
    return key;
  }

  private int read(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    int got = channel.read(buffer);
    while (got == 0 && length > 0) {
      await(key(), SelectionKey.OP_READ, "no answer from the node");
      got = channel.read(buffer);
    }
    return got;
  }

  private void write(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    while (buffer.hasRemaining()) {
      if (channel.write(buffer) == 0) {
        await(key(), SelectionKey.OP_WRITE, "the node takes no request");
      }
    }
  }

  InputStream input() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return TimedChannel.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        return TimedChannel.this.read(bytes, offset, length);
      }
    };
  }

  OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        TimedChannel.this.write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        TimedChannel.this.write(bytes, offset, length);
      }
    };
  }

  @Override
  public void close() throws IOException {
    try (channel;
        selector) {
      // both are closed, in reverse order, whatever the first does
    }
  }
}
