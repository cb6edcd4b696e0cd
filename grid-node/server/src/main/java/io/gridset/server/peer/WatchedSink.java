package io.gridset.server.peer;

import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Tells a failure of the sink from one of the sender. Bytes beyond the block's end are the
/// sender's. For one thread.
final class WatchedSink implements RangeSink {
  private final RangeSink sink;
  private @Nullable StorageException own;

  WatchedSink(RangeSink sink) {
    this.sink = sink;
  }

  @Override
  public void accept(ByteBuffer bytes) throws StorageException {
    try {
      sink.accept(bytes);
    } catch (StorageException e) {
      if (e.kind() != Kind.CORRUPT) {
        own = e;
      }
      throw e;
    }
  }

  void rethrowOwn() throws StorageException {
    if (own != null) {
      throw own;
    }
  }
}
