package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/// The bytes of memory that objects have. What is not of the directory any more but still mapped by
/// somebody is known where the directory is a file system of its own, and counts there.
final class MemoryLedger {
  private final long quotaBytes;
  private final AtomicLong taken = new AtomicLong();
  private final boolean own;
  private final FileStore fileSystem;

  MemoryLedger(Path directory, long quotaBytes) throws StorageException {
    this.quotaBytes = quotaBytes;
    try {
      this.fileSystem = Files.getFileStore(directory);
      Object device = Files.getAttribute(directory, "unix:dev");
      Object above = Files.getAttribute(directory.resolve(".."), "unix:dev");
      this.own = fileSystem.type().equals("tmpfs") && !device.equals(above);
    } catch (IOException e) {
      throw Failures.of("cannot look at the file system of " + directory, e);
    }
  }

  long quotaBytes() {
    return quotaBytes;
  }

  /// Takes bytes unless the quota has no room for them.
  boolean tryTake(long bytes) {
    long others = used() - taken.get();
    long before;
    do {
      before = taken.get();
      if (before + Math.max(0, others) + bytes > quotaBytes) {
        return false;
      }
    } while (!taken.compareAndSet(before, before + bytes));
    return true;
  }

  /// Takes bytes that are there already, or gives some back when negative.
  void add(long bytes) {
    taken.addAndGet(bytes);
  }

  /// Bytes that the store itself accounts for.
  long taken() {
    return taken.get();
  }

  long used() {
    if (!own) {
      return taken.get();
    }
    try {
      return Math.max(taken.get(), fileSystem.getTotalSpace() - fileSystem.getUnallocatedSpace());
    } catch (IOException e) {
      return taken.get();
    }
  }
}
