package io.gridset.flight.rpc;

import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.http2.api.Stream;
import org.jspecify.annotations.Nullable;

/// The bytes that a client sends in a call, as they arrive: the peer may send no more than a window
/// ahead of what was read here. For one reader; `arrived` and `ended` come from the connection.
final class RequestBytes {
  private final Stream stream;
  private final Semaphore signals = new Semaphore(0);
  private volatile @Nullable String failure;
  private Stream.@Nullable Data data;
  private boolean last;

  RequestBytes(Stream stream) {
    this.stream = stream;
  }

  /// There is something to read.
  void arrived() {
    signals.release();
  }

  /// Nothing will come any more, and nobody reads the answer.
  void ended(String why) {
    failure = why;
    signals.release();
  }

  /// Why the call is over for the client; null while it is not.
  @Nullable String failure() {
    return failure;
  }

  /// Whether the client has sent all that it wants to; waits for bytes otherwise.
  boolean atEnd() throws RpcException {
    return !hasBytes();
  }

  /// Some of the next bytes, good until the next call.
  ByteBuffer some(int most) throws RpcException {
    if (!hasBytes() || data == null) {
      throw RpcException.invalid("the last message broke off");
    }
    ByteBuffer all = data.frame().getByteBuffer();
    ByteBuffer view = all.slice(all.position(), Math.min(most, all.remaining()));
    all.position(all.position() + view.remaining());
    return view;
  }

  private boolean hasBytes() throws RpcException {
    while (true) {
      Stream.Data present = data;
      if (present != null && present.frame().getByteBuffer().hasRemaining()) {
        return true;
      }
      release();
      if (last) {
        return false;
      }
      data = read();
      last = data.frame().isEndStream();
    }
  }

  private Stream.Data read() throws RpcException {
    while (true) {
      String over = failure;
      if (over != null) {
        throw RpcException.gone(over);
      }
      Stream.Data read = stream.readData();
      if (read != null) {
        return read;
      }
      stream.demand();
      signals.acquireUninterruptibly();
    }
  }

  /// Gives the window of what was read back to the client.
  void release() {
    Stream.Data present = data;
    if (present != null) {
      data = null;
      present.release();
    }
  }
}
