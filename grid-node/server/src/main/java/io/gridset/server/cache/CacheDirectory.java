package io.gridset.server.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A directory in memory for a node's caches: a tmpfs of the node's own with huge pages where it
/// may mount one (twice the fill rate, and no other program's files count against it), else the
/// directory as it is. Mounting needs CAP_SYS_ADMIN. A mount outlives the process that made it,
/// `kill -9` included, and is taken over by the next start; only `unmount` ends it.
///
/// @param path the directory
/// @param backing what stands behind it
/// @param explanation one sentence for `doctor`: what it is, and why it is nothing better
public record CacheDirectory(Path path, Backing backing, String explanation) {
  /// Source name of our mounts in the mount table, by which they are known again.
  static final String MOUNT_SOURCE = "gridset";

  private static final long COMMAND_SECONDS = 10;
  private static final long LARGEST_MESSAGE = 4096;

  /// What holds the files.
  public enum Backing {
    /// A tmpfs of the node's own, `huge=within_size`.
    OWN_TMPFS_HUGE,
    /// A tmpfs of the node's own, without huge pages.
    OWN_TMPFS,
    /// A tmpfs that others use too, such as /dev/shm.
    SHARED_TMPFS,
    /// No memory file system at all.
    DISK
  }

  /// Mounts, takes over or resizes the node's own tmpfs at `directory`, or explains why not.
  ///
  /// @param sizeBytes the file system's limit: the quotas of the caches in it plus room for tables
  public static CacheDirectory prepare(Path directory, long sizeBytes) throws StorageException {
    Path path = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(path);
      path = path.toRealPath();
      Mount mount = mountAt(path);
      if (mount.ownedAt(path)) {
        String error = run("mount", "-o", "remount,size=" + sizeBytes, path.toString());
        return own(path, error.isEmpty() ? "taken over" : "taken over, not resized: " + error);
      }
      String refusal = mount(path, sizeBytes);
      return refusal.isEmpty() ? own(path, "mounted") : given(path, refusal);
    } catch (IOException e) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "cannot prepare the cache directory " + path + ": " + e, e);
    }
  }

  /// Uses `directory` as it is.
  public static CacheDirectory asGiven(Path directory) throws StorageException {
    try {
      Files.createDirectories(directory);
      return given(directory.toRealPath(), "");
    } catch (IOException e) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "cannot prepare the cache directory " + directory + ": " + e, e);
    }
  }

  /// Unmounts the node's own tmpfs, dropping all in it; nothing otherwise. Files that somebody has
  /// open live on until closed.
  public void unmount() throws StorageException {
    try {
      if (mountAt(path).ownedAt(path)) {
        String error = run("umount", "-l", path.toString());
        if (!error.isEmpty()) {
          throw StorageException.of(Kind.UNAVAILABLE, "cannot unmount " + path + ": " + error);
        }
      }
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, "cannot unmount " + path + ": " + e, e);
    }
  }

  private static String mount(Path path, long sizeBytes) throws IOException {
    String options = "nosuid,nodev,noexec,mode=0700,size=" + sizeBytes;
    String refusal = "";
    for (String huge : new String[] {",huge=within_size", ""}) {
      refusal = run("mount", "-t", "tmpfs", "-o", options + huge, MOUNT_SOURCE, path.toString());
      if (refusal.isEmpty()) {
        return "";
      }
    }
    return refusal;
  }

  private static CacheDirectory own(Path path, String how) throws IOException {
    boolean huge = mountAt(path).options().contains("huge=within_size");
    return new CacheDirectory(
        path,
        huge ? Backing.OWN_TMPFS_HUGE : Backing.OWN_TMPFS,
        "own tmpfs at "
            + path
            + " ("
            + how
            + (huge ? ", huge pages)" : "), without huge pages: this kernel has none for tmpfs"));
  }

  private static CacheDirectory given(Path path, String refusal) throws IOException {
    String why = refusal.isEmpty() ? "" : "; no tmpfs of its own: " + refusal;
    Mount mount = mountAt(path);
    if (mount.type().equals("tmpfs")) {
      return new CacheDirectory(
          path, Backing.SHARED_TMPFS, path + " on the shared tmpfs " + mount.point() + why);
    }
    return new CacheDirectory(
        path,
        Backing.DISK,
        path + " is on " + mount.type() + ", not in memory; give a directory in /dev/shm" + why);
  }

  /// A line of the mount table (proc_pid_mountinfo(5)).
  private record Mount(Path point, String type, String source, String options) {
    boolean ownedAt(Path path) {
      return point.equals(path) && type.equals("tmpfs") && source.equals(MOUNT_SOURCE);
    }
  }

  /// The mount that holds `path`: of the longest mount points the last, which is on top.
  private static Mount mountAt(Path path) throws IOException {
    Mount best = new Mount(Path.of("/"), "unknown", "", "");
    for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
      List<String> fields = List.of(line.split(" ", -1));
      int dash = fields.indexOf("-");
      Path point = Path.of(fields.get(4).replace("\\040", " "));
      if (path.startsWith(point) && point.getNameCount() >= best.point().getNameCount()) {
        best = new Mount(point, fields.get(dash + 1), fields.get(dash + 2), fields.get(dash + 3));
      }
    }
    return best;
  }

  /// Runs a command; returns what it complained of, empty on success.
  private static String run(String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of(command));
    Process process;
    try {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      return command[0] + " cannot be run: " + e.getMessage();
    }
    try (var output = process.getInputStream()) {
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return command[0] + " took more than " + COMMAND_SECONDS + " s";
      }
      if (process.exitValue() == 0) {
        return "";
      }
      String message = new String(output.readNBytes((int) LARGEST_MESSAGE), UTF_8).strip();
      return message.isEmpty() ? command[0] + " failed" : message;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return command[0] + " was interrupted";
    }
  }
}
