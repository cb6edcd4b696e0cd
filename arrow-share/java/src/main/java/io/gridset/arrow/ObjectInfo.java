package io.gridset.arrow;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a node knows of an object. A name that is deleted and put again has another id.
///
/// @param bytes length of the IPC file
/// @param rows over all batches
/// @param schema as people read it, a line a field
/// @param expires null for never
/// @param holders ids of the nodes that hold its bytes
/// @param held whether the node that was asked does
/// @param lostWith the name of the node that held it last, of a lost object; else null
public record ObjectInfo(
    String namespace,
    String name,
    String id,
    long bytes,
    long rows,
    int batches,
    String schema,
    ObjectAttributes attributes,
    Instant created,
    @Nullable Instant expires,
    List<String> holders,
    boolean held,
    @Nullable String lostWith) {
  public ObjectInfo {
    holders = List.copyOf(holders);
  }
}
