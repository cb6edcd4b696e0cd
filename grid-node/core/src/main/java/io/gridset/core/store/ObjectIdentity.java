package io.gridset.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What tells one version of an object from another.
///
/// @param sizeBytes exact length in bytes
/// @param modified last modification, when the store tells it
/// @param etag the entity tag exactly as the store sent it (with quotes, and `W/` when weak), or
///   null
public record ObjectIdentity(long sizeBytes, @Nullable Instant modified, @Nullable String etag) {
  public ObjectIdentity {
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("negative size: " + sizeBytes);
    }
  }

  /// Whether the entity tag changes with every change of the bytes (RFC 9110, section 8.8.1).
  public boolean hasStrongEtag() {
    return etag != null && !etag.startsWith("W/");
  }

  /// Whether ranged GETs can be made conditional; if not, one GET must fetch the whole file
  /// version.
  public boolean hasValidator() {
    return etag != null || modified != null;
  }

  /// The part of the identity that goes into a file version: the strong ETag, else mtime and size.
  public String validator() {
    if (hasStrongEtag()) {
      return "etag:" + etag;
    }
    return "mtime:" + (modified == null ? "-" : modified.toString()) + ":size:" + sizeBytes;
  }
}
