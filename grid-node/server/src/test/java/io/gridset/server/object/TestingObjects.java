package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// A directory in memory and one on a disk for objects, removed at the end, and their clock.
final class TestingObjects implements AutoCloseable, InstantSource {
  static final String NODE = "n1";

  final Path memory;
  final Path disk;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  TestingObjects() throws IOException {
    Path shared = Path.of("/dev/shm");
    this.memory =
        Files.isWritable(shared)
            ? Files.createTempDirectory(shared, "gridset-objects-test-")
            : Files.createTempDirectory("gridset-objects-test-");
    this.disk = Files.createTempDirectory("gridset-objects-disk-");
  }

  @Override
  public Instant instant() {
    return now;
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  ObjectStoreSettings settings(long quotaBytes, long poolBytes, long diskBytes) {
    ObjectStoreSettings.@Nullable Disk spill =
        diskBytes == 0 ? null : new ObjectStoreSettings.Disk(disk, diskBytes);
    return new ObjectStoreSettings(memory, quotaBytes, 0.9, 0.5, poolBytes, 0, spill, NODE, this);
  }

  /// A store whose housekeeping is done when asked for.
  static LocalObjectStore open(ObjectStoreSettings settings) throws StorageException {
    return LocalObjectStore.openIdle(settings, new LocalObjectCatalog(NODE));
  }

  /// Bytes that files of the memory directory take, but for the lock.
  long bytesInMemory() throws IOException {
    return bytesIn(memory);
  }

  static long bytesIn(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += file.endsWith("lock") ? 0 : Segments.roundUp(Files.size(file));
      }
      return bytes;
    }
  }

  @Override
  public void close() throws IOException {
    for (Path directory : new Path[] {memory, disk}) {
      try (var files = Files.walk(directory)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
