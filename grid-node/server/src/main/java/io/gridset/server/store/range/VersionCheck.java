package io.gridset.server.store.range;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.range.RangeReader.RangeRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// Whether a response is of the version that was asked for. Servers that honour the condition never
/// fail it; those that ignore conditions must not be believed.
final class VersionCheck {
  private VersionCheck() {}

  static void check(RangeRequest request, ResponseHead head) throws StorageException {
    String encoding = head.field("content-encoding").orElse("identity");
    if (!encoding.equalsIgnoreCase("identity") && !encoding.equalsIgnoreCase("aws-chunked")) {
      throw RangeReader.corrupt(request, "the answer is encoded as " + encoding);
    }
    ObjectIdentity expected = request.expected();
    String etag = head.fields().get("etag");
    if (expected.etag() != null) {
      if (etag == null) {
        throw RangeReader.corrupt(request, "the answer does not tell its version (no ETag)");
      }
      if (!sameTag(expected.etag(), etag)) {
        throw changed(request);
      }
    }
    if (!expected.hasStrongEtag() && expected.modified() != null) {
      checkModified(request, expected.modified(), head.lastModified().orElse(null));
    }
  }

  /// Strong tags must be equal. A proxy that weakens a tag leaves its quoted part as it was.
  private static boolean sameTag(String expected, String actual) {
    return unweakened(expected).equals(unweakened(actual));
  }

  private static String unweakened(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }

  private static void checkModified(
      RangeRequest request, Instant expected, @Nullable Instant actual) throws StorageException {
    if (actual == null) {
      throw RangeReader.corrupt(request, "the answer does not tell its version (no Last-Modified)");
    }
    if (!expected.truncatedTo(ChronoUnit.SECONDS).equals(actual)) {
      throw changed(request);
    }
  }

  private static StorageException changed(RangeRequest request) {
    return StorageException.of(Kind.CHANGED, request.what() + " was replaced by another version");
  }
}
