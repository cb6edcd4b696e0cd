package io.gridset.server.object.grid;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.object.ObjectName;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.server.object.ObjectRecord;

/// How ranges of objects are named between data servers: as blocks of a dataset that there is not.
/// Pure.
final class ObjectRanges {
  /// In place of a dataset's UID, which is a UUID or `namespace/name`.
  static final String UID = "gridset.objects";

  /// As blocks: large enough to amortise a request, small enough for several in flight.
  static final int RANGE_BYTES = BlockLayout.DEFAULT_BLOCK_BYTES;

  private ObjectRanges() {}

  static BlockLayout layout(long bytes) {
    return new BlockLayout(bytes, RANGE_BYTES);
  }

  static BlockRequest request(ObjectRecord record, int index) {
    return new BlockRequest(locator(record), RANGE_BYTES, index, Mode.IF_HELD, "");
  }

  /// What an object is ranked by: nodes that are to hold it are the first for this.
  static BlockKey key(ObjectRecord record) {
    return new BlockKey(locator(record).version(), 0);
  }

  private static ObjectLocator locator(ObjectRecord record) {
    ObjectName name = record.name();
    return new ObjectLocator(
        UID,
        name.namespace(),
        name.path(),
        new ObjectIdentity(record.info().bytes(), null, record.id()));
  }
}
