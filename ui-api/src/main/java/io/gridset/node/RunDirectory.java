package io.gridset.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/// A run directory, held by one node at a time. The kernel drops the lock with the process, so a
/// killed node leaves nothing that must be cleared by hand; its pid stands in the locked file.
final class RunDirectory implements AutoCloseable {
  /// The API's socket in it.
  static final String SOCKET = "gridset.sock";

  private static final String LOCK = "node.lock";

  private final FileChannel channel;

  private RunDirectory(FileChannel channel) {
    this.channel = channel;
  }

  /// Makes `directory`, for the owner only, and takes it.
  ///
  /// @throws IOException naming the process that holds it
  static RunDirectory take(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Path file = directory.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        throw new IOException(
            "a Gridset node runs on "
                + directory
                + " already (pid "
                + Files.readString(file).strip()
                + "): stop it with `gridset down`, or choose another --run-dir and --state-dir");
      }
      byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
      channel.truncate(0).write(ByteBuffer.wrap(pid), 0);
      return new RunDirectory(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// Whether a node holds `directory`, be it one that no longer answers and is still giving things
  /// back.
  static boolean isHeld(Path directory) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return tryLock(channel) == null; // Closing lets go of it again.
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
