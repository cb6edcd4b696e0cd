package io.gridset.client;

import io.gridset.core.file.FileEntry;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A file or directory of a dataset.
///
/// @param path from the dataset's root, without a leading slash
/// @param version null for a directory
/// @param cachedBytes bytes of it that the answering node caches; null for a directory
public record FileView(
    String path,
    long sizeBytes,
    Instant modified,
    long inode,
    @Nullable String version,
    @Nullable Long cachedBytes) {
  /// A file and what of it is cached.
  public static FileView file(FileEntry entry, long cachedBytes) {
    return new FileView(
        entry.path(),
        entry.sizeBytes(),
        entry.modified(),
        entry.inode(),
        String.valueOf(entry.version()),
        cachedBytes);
  }

  public static FileView directory(FileEntry entry) {
    return new FileView(entry.path(), 0, entry.modified(), entry.inode(), null, null);
  }

  /// Whether this is a directory.
  public boolean directory() {
    return version == null;
  }

  /// The last part of the path; empty for the root.
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
