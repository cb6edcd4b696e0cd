package io.gridset.server.object;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks at the bytes of an object while nobody can change them.
final class FrozenBytes implements Freezable.Check {
  private final long bytes;
  private IpcFile ipc = new IpcFile(0, 0, "");
  private byte @Nullable [] payload;

  FrozenBytes(long bytes) {
    this.bytes = bytes;
  }

  @Override
  public void accept(IpcBytes frozen) throws StorageException {
    ipc = IpcFile.check(frozen);
    if (bytes <= ObjectRecord.LARGEST_PAYLOAD) {
      byte[] copy = new byte[(int) bytes];
      frozen.at(0, copy.length).get(copy);
      payload = copy;
    }
  }

  boolean areThoseOf(ObjectInfo info) {
    return ipc.rows() == info.rows() && ipc.batches() == info.batches();
  }

  /// The record with its payload, which one that was kept over a restart lacks.
  ObjectRecord complete(ObjectRecord record) {
    return record.payload() == null ? new ObjectRecord(record.info(), payload) : record;
  }

  ObjectRecord record(Publisher.Wanted wanted, Instant now, String node) {
    Duration life = wanted.attributes().timeToLive();
    ObjectInfo info =
        new ObjectInfo(
            wanted.name(),
            wanted.id(),
            bytes,
            ipc.rows(),
            ipc.batches(),
            ipc.schema(),
            wanted.attributes(),
            now,
            life == null ? null : now.plus(life),
            List.of(node));
    return new ObjectRecord(info, payload);
  }
}
