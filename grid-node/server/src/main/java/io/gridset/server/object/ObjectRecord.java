package io.gridset.server.object;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the catalog keeps of an object.
///
/// @param payload the whole IPC file when it is small, at most [#LARGEST_PAYLOAD] bytes: it travels
///   in the record, and no node need hold a file of it; null for a larger one. Not to be changed
@SuppressWarnings("ArrayRecordComponent") // never changed, and compared by nobody
public record ObjectRecord(ObjectInfo info, byte @Nullable [] payload) {
  /// Bytes of the largest object that lives in its record.
  public static final int LARGEST_PAYLOAD = 64 << 10;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

  public ObjectRecord {
    if (!ID.matcher(info.id()).matches()) {
      throw new IllegalArgumentException("not an object id: " + info.id());
    }
    if (payload != null && (payload.length > LARGEST_PAYLOAD || payload.length != info.bytes())) {
      throw new IllegalArgumentException(
          "a payload of " + payload.length + " bytes for an object of " + info.bytes());
    }
  }

  public ObjectName name() {
    return info.name();
  }

  public String id() {
    return info.id();
  }

  /// The same object, held by `nodes`.
  public ObjectRecord heldBy(List<String> nodes) {
    return new ObjectRecord(
        new ObjectInfo(
            info.name(),
            info.id(),
            info.bytes(),
            info.rows(),
            info.batches(),
            info.schema(),
            info.attributes(),
            info.created(),
            info.expires(),
            nodes),
        payload);
  }
}
