package io.gridset.localstore;

import io.gridset.localstore.behaviour.Behaviour;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/// A request's body, taken no faster than the limits allow. Used by one thread.
final class PacedInputStream extends InputStream {
  private final InputStream body;
  private final Behaviour.ConnectionPace pace;

  PacedInputStream(InputStream body, Behaviour.ConnectionPace pace) {
    this.body = body;
    this.pace = pace;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = body.read(target, offset, length);
    try {
      for (long left = read; left > 0; ) {
        left -= pace.grant(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    return read;
  }
}
