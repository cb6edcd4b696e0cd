package io.gridset.csi.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Makes bind mounts, takes mounts away, and asks them whether they answer. Never waits for a file
/// system that does not. Thread-safe; callers serialise what they do with one mount point.
public final class Mounts {
  /// A live server answers at once; on a machine that is swamped within seconds.
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static final Duration MOUNT_LIMIT = Duration.ofSeconds(10);

  /// Layers of mounts above one another that are taken away at one path.
  private static final int LAYERS_MAX = 64;

  /// Whether one may look at what `mount` is given: `--no-canonicalize` keeps it from asking the
  /// file system that is mounted there, which may be dead.
  private static final String AS_GIVEN = "--no-canonicalize";

  private Mounts() {}

  /// How a mount is.
  public sealed interface Health {
    /// It answers.
    record Answers(Figures figures) implements Health {}

    /// Nothing is mounted there.
    record Missing() implements Health {}

    /// Its server has gone.
    record Dead(String why) implements Health {}

    /// Its server is there, or not, and says nothing.
    record Silent(String why) implements Health {}
  }

  /// What a file system says about itself, in bytes and inodes.
  public record Figures(
      long totalBytes, long freeBytes, long availableBytes, long inodes, long freeInodes) {}

  /// The path by which the kernel's table knows it: links above the last part are resolved, the
  /// last part is not looked at.
  ///
  /// @throws IOException when its directory does not exist
  public static Path tablePath(Path path) throws IOException {
    Path parent = path.getParent();
    Path name = path.getFileName();
    return parent == null || name == null ? path : parent.toRealPath().resolve(name);
  }

  /// Asks the file system that is mounted at a path of the table.
  public static Health health(Path path) throws IOException {
    if (MountTable.read().at(path).isEmpty()) {
      return new Health.Missing();
    }
    try {
      Commands.Outcome outcome =
          Commands.run(
              ANSWER_LIMIT, List.of("stat", "-f", "-c", "%S %b %f %a %c %d", path.toString()));
      return outcome.ok()
          ? new Health.Answers(figures(outcome.text()))
          : new Health.Dead(outcome.text());
    } catch (CommandTimeoutException e) {
      return new Health.Silent(String.valueOf(e.getMessage()));
    }
  }

  private static Figures figures(String text) throws IOException {
    String[] words = text.split(" ");
    if (words.length != 6) {
      throw new IOException("stat answers '" + text + "'");
    }
    long block = Long.parseLong(words[0]);
    return new Figures(
        block * Long.parseLong(words[1]),
        block * Long.parseLong(words[2]),
        block * Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        Long.parseLong(words[5]));
  }

  /// Whether pods may write through a mount.
  public enum Access {
    READ_ONLY,
    AS_THE_SOURCE
  }

  /// Shows `source`, a directory, at `target`, above whatever is mounted there.
  ///
  /// @throws IOException saying why not; nothing was mounted then
  public static void bind(Path source, Path target, Access access) throws IOException {
    check(Commands.run(MOUNT_LIMIT, mount("--bind", source.toString(), target.toString())));
    if (access == Access.READ_ONLY) {
      Commands.Outcome outcome =
          Commands.run(MOUNT_LIMIT, mount("-o", "remount,bind,ro", target.toString()));
      if (!outcome.ok()) {
        unmountTop(target);
        check(outcome);
      }
    }
  }

  private static List<String> mount(String... arguments) {
    List<String> command = new ArrayList<>(List.of("mount", AS_GIVEN));
    command.addAll(List.of(arguments));
    return command;
  }

  /// Takes all mounts at `path` away; none is fine.
  public static void unmountAll(Path path) throws IOException {
    unmountDownTo(0, path);
  }

  /// Takes the mounts at `path` away that are above the lowest `left` ones.
  public static void unmountDownTo(int left, Path path) throws IOException {
    for (int i = 0; i < LAYERS_MAX; i++) {
      if (MountTable.read().at(path).size() <= left) {
        return;
      }
      unmountTop(path);
    }
    throw new IOException(path + " is buried under more than " + LAYERS_MAX + " mounts");
  }

  /// Whoever has files open keeps them, as after the death of a server.
  private static void unmountTop(Path path) throws IOException {
    check(Commands.run(MOUNT_LIMIT, List.of("umount", AS_GIVEN, "--lazy", path.toString())));
  }

  /// Removes the empty directory that was mounted on; none is fine.
  public static void removeDirectory(Path path) throws IOException {
    if (MountTable.read().at(path).isEmpty()) {
      Files.deleteIfExists(path);
    }
  }

  private static void check(Commands.Outcome outcome) throws IOException {
    if (!outcome.ok()) {
      throw new IOException(outcome.text());
    }
  }
}
