package io.gridset.localstore.objects;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The ETags of files: the content's MD5 up to a size, above it a value in the form of a multipart
/// upload's ETag, derived from path, size, inode and time without reading the file, so that a store
/// of large files starts at once. Thread-safe.
final class EntityTags {
  /// Cached tags; beyond it the cache starts anew (a benchmark has 100,000 objects).
  private static final int CACHE_LIMIT = 1_000_000;

  private static final int READ_BYTES = 64 * 1024;

  private record Stamp(long size, long modifiedNanos, String inode) {}

  private record Tagged(Stamp stamp, String etag) {}

  private final long md5LimitBytes;
  private final Map<Path, Tagged> cache = new ConcurrentHashMap<>();

  EntityTags(long md5LimitBytes) {
    this.md5LimitBytes = md5LimitBytes;
  }

  static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("MD5 is part of every JDK", e);
    }
  }

  String of(Path file, BasicFileAttributes attributes) throws IOException {
    Stamp stamp = stamp(attributes);
    Tagged known = cache.get(file);
    if (known != null && known.stamp().equals(stamp)) {
      return known.etag();
    }
    String etag = stamp.size() <= md5LimitBytes ? content(file) : derived(file, stamp);
    remember(file, new Tagged(stamp, etag));
    return etag;
  }

  /// Keeps the MD5 that an upload has computed anyway.
  void uploaded(Path file, String etag) throws IOException {
    remember(file, new Tagged(stamp(Files.readAttributes(file, BasicFileAttributes.class)), etag));
  }

  private void remember(Path file, Tagged tagged) {
    if (cache.size() >= CACHE_LIMIT) {
      cache.clear();
    }
    cache.put(file, tagged);
  }

  private static Stamp stamp(BasicFileAttributes attributes) {
    return new Stamp(
        attributes.size(),
        attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
        String.valueOf(attributes.fileKey()));
  }

  private static String content(Path file) throws IOException {
    MessageDigest digest = md5();
    byte[] buffer = new byte[READ_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String derived(Path file, Stamp stamp) {
    byte[] hash = md5().digest((file + " " + stamp).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash) + "-1";
  }
}
