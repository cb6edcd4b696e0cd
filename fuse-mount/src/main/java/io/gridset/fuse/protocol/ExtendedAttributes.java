package io.gridset.fuse.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The extended attributes of files: how much of one is cached, and which version it is.
public final class ExtendedAttributes {
  /// Cached part of the current version, such as `37.5%`.
  public static final String CACHED = "user.gridset.cached";

  /// 32 hexadecimal digits that differ between versions.
  public static final String VERSION = "user.gridset.version";

  private ExtendedAttributes() {}

  /// Whether a file has an attribute `name`.
  public static boolean isKnown(String name) {
    return name.equals(CACHED) || name.equals(VERSION);
  }

  /// The names as listxattr(2) returns them, each ended by NUL.
  public static byte[] names() {
    return (CACHED + "\0" + VERSION + "\0").getBytes(StandardCharsets.UTF_8);
  }

  /// One decimal, rounded down: only a complete file is `100.0%`.
  public static String cached(long cachedBytes, long sizeBytes) {
    double share = sizeBytes == 0 ? 1 : Math.min(1, (double) cachedBytes / sizeBytes);
    return String.format(Locale.ROOT, "%.1f%%", Math.floor(share * 1000) / 10);
  }
}
