package io.gridset.core.object;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sealed object. A name that is deleted and put again has another id.
///
/// @param id unique for good; what segments and copies are filed under
/// @param bytes length of the IPC file
/// @param rows over all batches
/// @param schema the Arrow schema as people read it, a line a field: `name: type`
/// @param expires null for never
/// @param holders ids of the nodes that hold its bytes now
public record ObjectInfo(
    ObjectName name,
    String id,
    long bytes,
    long rows,
    int batches,
    String schema,
    ObjectAttributes attributes,
    Instant created,
    @Nullable Instant expires,
    List<String> holders) {
  public ObjectInfo {
    holders = List.copyOf(holders);
  }
}
