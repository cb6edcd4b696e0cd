package io.gridset.api;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A tree in memory; a file's cached bytes are half of it. Reads fail from `failAt` on.
public final class FakeDatasetFiles implements DatasetFiles {
  private static final Instant MODIFIED = Instant.parse("2026-11-01T08:30:00Z");
  private final TreeMap<String, byte[]> contents = new TreeMap<>();
  public final AtomicInteger open = new AtomicInteger();
  public final AtomicInteger pinned = new AtomicInteger();
  public volatile long failAt = Long.MAX_VALUE;

  public FakeDatasetFiles file(String path, byte[] content) {
    contents.put(path, content);
    return this;
  }

  private FileEntry entry(String path) {
    byte[] content = contents.get(path);
    long inode = 1 + Math.abs((long) path.hashCode());
    return content == null
        ? new FileEntry(path, 0, MODIFIED, inode, null)
        : new FileEntry(
            path, content.length, MODIFIED, inode, FileVersion.of("uid", "mount", path, "v1"));
  }

  @Override
  public Optional<FileEntry> find(String path) {
    boolean there =
        path.isEmpty()
            || contents.containsKey(path)
            || contents.keySet().stream().anyMatch(k -> k.startsWith(path + "/"));
    return there ? Optional.of(entry(path)) : Optional.empty();
  }

  @Override
  public List<FileEntry> list(String directory) throws StorageException {
    String prefix = directory.isEmpty() ? "" : directory + "/";
    TreeSet<String> names = new TreeSet<>();
    for (String path : contents.keySet()) {
      if (path.startsWith(prefix)) {
        names.add(path.substring(prefix.length()).split("/")[0]);
      }
    }
    if (names.isEmpty()) {
      throw StorageException.of(StorageException.Kind.NOT_FOUND, "no directory " + directory);
    }
    return names.stream().map(name -> entry(prefix + name)).toList();
  }

  @Override
  public OpenFile open(String path) throws StorageException {
    byte[] content = contents.get(path);
    if (content == null) {
      throw StorageException.of(StorageException.Kind.NOT_FOUND, "no such file: /" + path);
    }
    open.incrementAndGet();
    return new OpenFile() {
      private boolean closed;

      @Override
      public FileEntry entry() {
        return FakeDatasetFiles.this.entry(path);
      }

      @Override
      public PinnedBytes read(long offset, int length) throws StorageException {
        if (offset >= failAt) {
          throw StorageException.of(
              StorageException.Kind.UNAVAILABLE, "the store at oss://bucket does not answer");
        }
        int from = (int) Math.min(offset, content.length);
        return pin(Arrays.copyOfRange(content, from, Math.min(content.length, from + length)));
      }

      @Override
      public Optional<SealedFile> sealed() {
        return Optional.empty();
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          open.decrementAndGet();
        }
      }
    };
  }

  private PinnedBytes pin(byte[] bytes) {
    pinned.incrementAndGet();
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    return new PinnedBytes() {
      private boolean closed;

      @Override
      public List<ByteBuffer> buffers() {
        return List.of(direct.asReadOnlyBuffer());
      }

      @Override
      public int byteCount() {
        return bytes.length;
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          pinned.decrementAndGet();
        }
      }
    };
  }

  @Override
  public long cachedBytes(String path) {
    byte[] content = contents.get(path);
    return content == null ? 0 : content.length / 2;
  }

  @Override
  public Totals totals() {
    long total = contents.values().stream().mapToLong(c -> c.length).sum();
    return new Totals(total, contents.size(), total / 2);
  }

  @Override
  public Duration entryTimeToLive() {
    return Duration.ofSeconds(60);
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    return () -> {};
  }
}
