package io.gridset.client.peer;

import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import java.time.Duration;

/// One request for a block that was sent, and its answer. For one thread at a time; `close()` is
/// idempotent, may be called by any thread to end a wait, and keeps the connection when the answer
/// was taken to its end.
///
/// Where the request said that a copy is kept, `close()` after the last byte also tells the member
/// so, which may then name it to others: close when the copy is published.
public interface BlockExchange extends AutoCloseable {
  /// Waits for what is said next.
  ///
  /// @throws StorageException UNAVAILABLE when the connection broke; CORRUPT when what came is not
  ///   the protocol
  BlockReply next(Duration patience) throws StorageException;

  /// After [BlockReply.Coming]: hands exactly the block's bytes to `sink`. The caller compares the
  /// checksum.
  ///
  /// @param stall longest wait for the next byte
  /// @throws StorageException UNAVAILABLE when it breaks off, TIMED_OUT when it stalls; the sink's
  ///   own failures
  void receive(RangeSink sink, Duration stall) throws StorageException;

  @Override
  void close();
}
