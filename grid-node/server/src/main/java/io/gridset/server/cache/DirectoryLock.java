package io.gridset.server.cache;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Keeps a second process off a directory: the kernel's lock of a file `lock`, gone with the
/// process, in which the holder's process id stands for the message. Why not `FileLock`: closing
/// any other channel of the file in the same process would give it up.
public final class DirectoryLock implements AutoCloseable {
  private final NativeFile file;

  private DirectoryLock(NativeFile file) {
    this.file = file;
  }

  /// @throws StorageException INVALID, naming the process that holds the directory
  public static DirectoryLock acquire(Path directory) throws StorageException {
    Path path = directory.resolve("lock");
    NativeFile file = NativeFile.openOrCreate(path);
    try {
      if (!file.tryLock()) {
        throw StorageException.of(
            Kind.INVALID,
            "the directory "
                + directory
                + " is in use by process "
                + Files.readString(path)
                + "; stop it, or give this node another directory");
      }
      byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
      file.resize(0);
      file.write(ByteBuffer.wrap(pid), 0);
      return new DirectoryLock(file);
    } catch (IOException e) {
      file.close();
      throw e instanceof StorageException known
          ? known
          : StorageException.of(Kind.UNAVAILABLE, "cannot lock " + path + ": " + e, e);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
