package io.gridset.server.object.door;

import io.gridset.core.store.StorageException;
import java.util.concurrent.atomic.AtomicLong;

/// Accounts the buffers of frames larger than usual, so that clients cannot take the node's memory
/// by announcing large ones. Thread-safe.
final class FrameMemory {
  private final long limitBytes;
  private final AtomicLong taken = new AtomicLong();

  FrameMemory(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /// @throws StorageException THROTTLED when others have it
  void take(long bytes) throws StorageException {
    if (taken.addAndGet(bytes) > limitBytes) {
      taken.addAndGet(-bytes);
      throw StorageException.throttled(
          "too many large frames are under way; send large tables by create and seal", null);
    }
  }

  void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }
}
