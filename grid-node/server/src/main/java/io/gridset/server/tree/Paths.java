package io.gridset.server.tree;

import java.nio.charset.StandardCharsets;

/// Arithmetic on tree paths: `/`-separated, no leading slash, empty for the root.
final class Paths {
  /// The inode number of every root, as file systems have it.
  static final long ROOT_INODE = 1;

  private Paths() {}

  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  static String child(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /// Whether `path` names something below where it starts, in one way only: no empty part, no `.`
  /// and no `..`.
  static boolean isPlain(String path) {
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
        return false;
      }
    }
    return true;
  }

  /// A number for (dataset, path) that stays the same over versions and restarts: FNV-1a, finished
  /// with SplitMix64. Among a million files two share one with probability 3e-8; a kernel then
  /// merely believes them to be hard links.
  static long inode(String datasetUid, String path) {
    if (path.isEmpty()) {
      return ROOT_INODE;
    }
    long hash = fold(fold(0xCBF29CE484222325L, datasetUid) * 0x100000001B3L, path);
    hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
    hash ^= hash >>> 31;
    return hash == 0 || hash == ROOT_INODE ? hash + 2 : hash;
  }

  private static long fold(long seed, String text) {
    long hash = seed;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return hash;
  }
}
