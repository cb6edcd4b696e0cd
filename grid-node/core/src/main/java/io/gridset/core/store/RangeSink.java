package io.gridset.core.store;

import java.nio.ByteBuffer;

/// Takes the bytes of a range in order, as they arrive. Implementations consume `bytes` fully
/// before returning (the caller reuses the buffer) and are used by one thread at a time.
public interface RangeSink {
  void accept(ByteBuffer bytes) throws StorageException;
}
