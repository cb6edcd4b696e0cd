package io.gridset.server.object.door;

import io.gridset.core.object.ObjectInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// Headers of answers as they are sent, of the objects that were asked for last: many processes get
/// the same ones, and when caches are cold, to write a header takes a third of what the node does
/// for a `get`. An answer is kept as long as what is known of its object is the same. Thread-safe.
final class KeptAnswers {
  private static final int MOST = 512;

  /// Longer ones, of tables with many columns, are written anew.
  private static final int LONGEST_BYTES = 4 << 10;

  private final Map<String, Kept> kept =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
          return size() > MOST;
        }
      };

  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Kept(ObjectInfo info, byte[] header) {}

  /// What `write` makes of `info`, which nobody may write to.
  @SuppressWarnings("ReferenceEquality") // another instance may tell of other holders
  byte[] of(ObjectInfo info, Function<ObjectInfo, byte[]> write) {
    synchronized (kept) {
      Kept known = kept.get(info.id());
      if (known != null && known.info() == info) {
        return known.header();
      }
    }
    byte[] header = write.apply(info);
    if (header.length <= LONGEST_BYTES) {
      synchronized (kept) {
        kept.put(info.id(), new Kept(info, header));
      }
    }
    return header;
  }
}
