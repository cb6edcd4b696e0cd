package io.gridset.fuse.objects;

import io.gridset.core.block.FileVersion;
import io.gridset.core.file.FileEntry;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/// Which path stands for which object of a namespace: `objects/risk/x.arrow` for `risk/x`.
/// Immutable.
///
/// @param mounted the time that directories show
record ObjectPaths(String namespace, Instant mounted) {
  /// The one directory of the root.
  static final String TOP = "objects";

  private static final String PREFIX = TOP + "/";
  private static final String SUFFIX = ".arrow";

  /// How programs call a file that they rename when it is done: `.x.arrow.Xy12` (rsync),
  /// `x.arrow.tmp`, `tmpab12cd` (Python's tempfile), `x.part`.
  private static final Pattern TEMPORARY =
      Pattern.compile("\\..+|tmp.*|.+\\.arrow\\..+|.+\\.(tmp|temp|part|partial)|.+~");

  /// What a new file of some path is to be.
  sealed interface Meaning {
    /// An object, as soon as it is closed.
    record OfObject(ObjectName name) implements Meaning {}

    /// Nothing yet.
    record Temporary() implements Meaning {}
  }

  /// @throws StorageException INVALID for a path that no new file may have
  Meaning meaning(String path) throws StorageException {
    Optional<String> below = below(path);
    String file = path.substring(path.lastIndexOf('/') + 1);
    if (below.isEmpty() || below.get().isEmpty()) {
      throw StorageException.of(Kind.ACCESS_DENIED, path + ": only " + PREFIX + " takes new files");
    }
    if (file.endsWith(SUFFIX) && !file.startsWith(".")) {
      try {
        return new Meaning.OfObject(new ObjectName(namespace, withoutSuffix(below.get())));
      } catch (IllegalArgumentException e) {
        throw StorageException.of(Kind.INVALID, path + ": " + e.getMessage(), e);
      }
    }
    if (TEMPORARY.matcher(file).matches()) {
      return new Meaning.Temporary();
    }
    throw StorageException.of(
        Kind.INVALID, path + ": objects are files that end in " + SUFFIX + "; this one does not");
  }

  /// The object that a path stands for, if it can stand for one.
  Optional<ObjectName> object(String path) {
    String below = below(path).orElse("");
    if (!below.endsWith(SUFFIX)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ObjectName(namespace, withoutSuffix(below)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// The path in the namespace of what lies below the top: empty for the top itself.
  Optional<String> below(String path) {
    if (path.equals(TOP)) {
      return Optional.of("");
    }
    return path.startsWith(PREFIX)
        ? Optional.of(path.substring(PREFIX.length()))
        : Optional.empty();
  }

  String path(ObjectName name) {
    return PREFIX + name.path() + SUFFIX;
  }

  FileEntry entry(ObjectInfo info) {
    String path = path(info.name());
    FileVersion version = version(path, info.id());
    return new FileEntry(path, info.bytes(), info.created(), inode(path), version);
  }

  FileEntry directory(String path) {
    return new FileEntry(path, 0, mounted, inode(path), null);
  }

  /// The version of what is at `path` under an id that is unique for good.
  FileVersion version(String path, String id) {
    return FileVersion.of(namespace, TOP, path, id);
  }

  long inode(String path) {
    long hash = ByteBuffer.wrap(version(path, "inode").bytes()).getLong() & Long.MAX_VALUE;
    return Math.max(hash, 2);
  }

  static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  private static String withoutSuffix(String path) {
    return path.substring(0, path.length() - SUFFIX.length());
  }
}
