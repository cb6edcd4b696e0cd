package io.gridset.fuse;

import io.gridset.fuse.kernel.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds out whether a directory can be mounted on, and clears away what a crashed server left.
final class MountPoint {
  private static final Logger LOG = LoggerFactory.getLogger(MountPoint.class);
  private static final Path MOUNT_TABLE = Path.of("/proc/self/mountinfo");

  /// A live server answers for its root at once; a stuck one must not hold us up.
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  /// Crashes can leave one dead mount above another.
  private static final int DEAD_LIMIT = 16;

  private MountPoint() {}

  private enum State {
    FREE,
    DEAD,
    IN_USE
  }

  /// The real path of `directory`, ready to be mounted on.
  static Path prepare(Path directory) throws MountException {
    Path path = resolve(directory);
    for (int i = 0; i < DEAD_LIMIT; i++) {
      switch (state(path)) {
        case FREE -> {
          checkDirectory(path);
          return path;
        }
        case IN_USE ->
            throw new MountException(
                "%s is a mount point in use; choose another directory, or run `gridset umount %s`"
                    .formatted(path, path));
        case DEAD -> clear(path);
      }
    }
    throw new MountException("%s is buried under dead mounts".formatted(path));
  }

  /// Resolves links in the directories above; the last part may be a dead mount, which nothing can
  /// be asked about.
  private static Path resolve(Path directory) throws MountException {
    try {
      Path parent = directory.getParent();
      Path name = directory.getFileName();
      if (parent == null || name == null) {
        throw new MountException("%s cannot be mounted on".formatted(directory));
      }
      Path path = parent.toRealPath().resolve(name);
      return Files.isSymbolicLink(path) ? path.toRealPath() : path;
    } catch (IOException e) {
      throw new MountException(
          "there is no directory %s: create it with `mkdir -p %s`".formatted(directory, directory),
          e);
    }
  }

  private static void clear(Path path) throws MountException {
    LOG.warn("{} is a dead mount left by a server that is gone; removing it", path);
    if (Mounts.detach(path) == Mounts.Unmounted.NOT_PERMITTED) {
      throw new MountException(
          "%s is a dead mount left by a server that is gone, and this user may not remove it: run"
                  .formatted(path)
              + " `umount -l %s` as root".formatted(path));
    }
  }

  private static void checkDirectory(Path path) throws MountException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new MountException(
          "there is no directory %s: create it with `mkdir -p %s`".formatted(path, path));
    }
    if (!Files.isDirectory(path)) {
      throw new MountException("%s is not a directory".formatted(path));
    }
    try (Stream<Path> entries = Files.list(path)) {
      if (entries.findAny().isPresent()) {
        LOG.warn("{} is not empty; what it holds is hidden while mounted", path);
      }
    } catch (IOException e) {
      throw new MountException("%s cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static State state(Path path) throws MountException {
    if (!isFuseMounted(path)) {
      return State.FREE;
    }
    CompletableFuture<State> answer = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("mount-point-check")
        .start(() -> answer.complete(Mounts.isDead(path) ? State.DEAD : State.IN_USE));
    try {
      return answer.get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return State.IN_USE;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MountException("interrupted", e);
    }
  }

  /// Whether a FUSE mount is what one sees at `path`. Other mounts, such as a container's volumes,
  /// are directories to mount on like any other.
  private static boolean isFuseMounted(Path path) throws MountException {
    if (!Files.exists(MOUNT_TABLE)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(MOUNT_TABLE)) {
      String wanted = escape(path.toString());
      return lines
          .filter(line -> line.split(" ", -1)[4].equals(wanted))
          .reduce((below, above) -> above)
          .filter(line -> line.substring(line.indexOf(" - ") + 3).startsWith("fuse"))
          .isPresent();
    } catch (IOException e) {
      throw new MountException("the mount table cannot be read: " + e.getMessage(), e);
    }
  }

  /// As seq_path() in fs/seq_file.c escapes paths.
  private static String escape(String path) {
    return path.replace("\\", "\\134")
        .replace(" ", "\\040")
        .replace("\t", "\\011")
        .replace("\n", "\\012");
  }
}
