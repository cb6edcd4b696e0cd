package io.gridset.localstore.http;

import java.io.IOException;
import java.io.InputStream;

/// A body announced by `Expect: 100-continue`: the first read tells the client to send it, so that
/// a refused request never carries one.
final class ContinuedInputStream extends InputStream {
  /// Sends the interim response.
  @FunctionalInterface
  interface Continue {
    void send() throws IOException;
  }

  private final InputStream body;
  private final Continue interim;
  private boolean sent;

  ContinuedInputStream(InputStream body, Continue interim) {
    this.body = body;
    this.interim = interim;
  }

  /// Whether the client has been told to send the body.
  boolean invited() {
    return sent;
  }

  @Override
  public int read() throws IOException {
    invite();
    return body.read();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    invite();
    return body.read(target, offset, length);
  }

  private void invite() throws IOException {
    if (!sent) {
      sent = true;
      interim.send();
    }
  }
}
