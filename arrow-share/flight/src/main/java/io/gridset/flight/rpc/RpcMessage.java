package io.gridset.flight.rpc;

import java.nio.ByteBuffer;

/// A message that is being received. Its bytes are read once, in order, as they arrive.
public final class RpcMessage {
  private final RequestBytes source;
  private long left;

  RpcMessage(RequestBytes source, long bytes) {
    this.source = source;
    this.left = bytes;
  }

  /// Bytes that were not read yet.
  public long remaining() {
    return left;
  }

  /// Some of the next bytes, `most` at most and one at least, as a view that is good until the next
  /// call.
  ///
  /// @throws RpcException CANCELLED when the client is gone; INVALID_ARGUMENT when nothing remains
  public ByteBuffer some(long most) throws RpcException {
    if (left == 0) {
      throw RpcException.invalid("a message ends before the field that it announces");
    }
    ByteBuffer view = source.some((int) Math.min(Integer.MAX_VALUE, Math.min(most, left)));
    left -= view.remaining();
    return view;
  }

  /// The next bytes, as an array of their own.
  public byte[] bytes(int count) throws RpcException {
    if (count > left) {
      throw RpcException.invalid("a message ends before the field that it announces");
    }
    byte[] bytes = new byte[count];
    int done = 0;
    while (done < count) {
      ByteBuffer view = some(count - done);
      int length = view.remaining();
      view.get(bytes, done, length);
      done += length;
    }
    return bytes;
  }

  /// The next byte.
  public byte next() throws RpcException {
    return some(1).get();
  }

  public void skip(long count) throws RpcException {
    long skipped = 0;
    while (skipped < count) {
      skipped += some(count - skipped).remaining();
    }
  }
}
