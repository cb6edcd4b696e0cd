package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.arrow.system.Region;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// What came of a `get`: the object's bytes, and what is known of it, read when somebody asks.
/// Thread-safe.
final class Got {
  private final ObjectPath path;
  private final JsonNode told;
  private final Region region;
  private volatile @Nullable ObjectInfo info;

  Got(ObjectPath path, JsonNode told, Region region) {
    this.path = path;
    this.told = told;
    this.region = region;
  }

  ObjectPath path() {
    return path;
  }

  Region region() {
    return region;
  }

  /// @throws UncheckedIOException with an ObjectException CORRUPT when the node told nonsense
  ObjectInfo info() {
    ObjectInfo known = info;
    if (known == null) {
      try {
        known = Wire.info(told);
      } catch (ObjectException e) {
        throw new UncheckedIOException(e);
      }
      info = known;
    }
    return known;
  }
}
