package io.gridset.server.object;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import java.time.Instant;
import java.util.List;

/// Records of objects that exist nowhere.
final class TestingRecords {
  private TestingRecords() {}

  static ObjectInfo named(String name, String id) {
    return new ObjectInfo(
        ObjectName.of(name),
        id,
        1 << 20,
        1,
        1,
        "x: int64",
        ObjectAttributes.plain(),
        Instant.EPOCH,
        null,
        List.of("n2"));
  }
}
