package io.gridset.client;

import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sealed object on the wire.
///
/// @param bytes length of the IPC file
/// @param schema a line a field; cut, and then ending in `…`, when it is too long for an answer
/// @param expires missing for never
/// @param holders ids of the nodes that hold its bytes
/// @param held whether the node that answers is one of them
/// @param lostWith the name of the node that held it last, when nobody can bring it back; else
///   missing
public record ObjectView(
    String namespace,
    String name,
    String id,
    long bytes,
    long rows,
    int batches,
    String schema,
    ObjectAttributesView attributes,
    Instant created,
    @Nullable Instant expires,
    List<String> holders,
    boolean held,
    @Nullable String lostWith) {

  /// @param node the id of the node that answers
  public static ObjectView of(ObjectInfo info, String node) {
    return new ObjectView(
        info.name().namespace(),
        info.name().path(),
        info.id(),
        info.bytes(),
        info.rows(),
        info.batches(),
        info.schema(),
        ObjectAttributesView.of(info.attributes()),
        info.created(),
        info.expires(),
        info.holders(),
        info.holders().contains(node),
        null);
  }

  public static ObjectView of(LostObject lost) {
    return of(lost.info(), "").with(lost.info().schema(), lost.node());
  }

  /// The same with at most `characters` of its schema.
  public ObjectView withSchemaUpTo(int characters) {
    if (schema.length() <= characters) {
      return this;
    }
    return with(schema.substring(0, characters) + "…", lostWith);
  }

  private ObjectView with(String shown, @Nullable String lostWith) {
    return new ObjectView(
        namespace,
        name,
        id,
        bytes,
        rows,
        batches,
        shown,
        attributes,
        created,
        expires,
        holders,
        held,
        lostWith);
  }

  public ObjectName objectName() {
    return new ObjectName(namespace, name);
  }
}
