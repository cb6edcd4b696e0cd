package io.gridset.core.object;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// Objects as files of one directory, for tests of what stands before a store: it looks at no more
/// than the magic of an IPC file, and trusts writers.
public final class FolderObjectStore implements ObjectStore {
  public static final Instant CREATED = Instant.parse("2026-11-22T11:00:00Z");
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);

  private final Path directory;
  private final String node;
  private final ConcurrentSkipListMap<String, ObjectInfo> objects = new ConcurrentSkipListMap<>();
  private final List<Consumer<ObjectName>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicInteger count = new AtomicInteger();

  /// Stagings that nobody has sealed or closed.
  public final AtomicInteger staged = new AtomicInteger();

  /// Files that nobody has closed.
  public final AtomicInteger open = new AtomicInteger();

  public FolderObjectStore(Path directory, String node) {
    this.directory = directory;
    this.node = node;
  }

  /// Bytes that pass for an IPC file.
  public static byte[] payload(int bytes) {
    byte[] payload = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      payload[i] = i < MAGIC.length ? MAGIC[i] : (byte) (i * 31);
    }
    return payload;
  }

  @Override
  public Optional<ObjectInfo> find(ObjectName name) {
    return Optional.ofNullable(objects.get(name.toString()));
  }

  @Override
  public List<ObjectInfo> list(String namespace, String prefix) {
    return objects.values().stream()
        .filter(i -> i.name().namespace().equals(namespace) && i.name().path().startsWith(prefix))
        .toList();
  }

  private Path path(String id) {
    return directory.resolve(id);
  }

  @Override
  public OpenFile open(ObjectName name, Reach reach) throws StorageException {
    ObjectInfo info = find(name).orElseThrow(() -> UnknownObject.in(this, name));
    open.incrementAndGet();
    return new Opened(info);
  }

  @Override
  public Staging stage(String namespace, long bytes) throws StorageException {
    Path file = path("staging-" + count.incrementAndGet());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), bytes - 1);
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, e.toString(), e);
    }
    staged.incrementAndGet();
    return new Staged(file, bytes);
  }

  @Override
  public boolean delete(ObjectName name) throws StorageException {
    ObjectInfo info = objects.remove(name.toString());
    if (info == null) {
      return false;
    }
    try {
      Files.delete(path(info.id()));
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, e.toString(), e);
    }
    listeners.forEach(listener -> listener.accept(name));
    return true;
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {
    objects.clear();
  }

  private final class Staged implements Staging {
    private final Path file;
    private long capacity;
    private boolean ended;

    Staged(Path file, long capacity) {
      this.file = file;
      this.capacity = capacity;
    }

    @Override
    public String id() {
      return file.getFileName().toString();
    }

    @Override
    public long capacity() {
      return capacity;
    }

    @Override
    public Path path() {
      return file;
    }

    @Override
    public void extend(long bytes) {
      capacity = Math.max(capacity, bytes);
    }

    @Override
    public void write(ByteBuffer bytes, long position) throws StorageException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        long at = position;
        while (bytes.hasRemaining()) {
          at += channel.write(bytes, at);
        }
      } catch (IOException e) {
        throw StorageException.of(Kind.UNAVAILABLE, e.toString(), e);
      }
    }

    @Override
    public ObjectInfo seal(ObjectName name, ObjectAttributes attributes, long bytes)
        throws StorageException {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        ByteBuffer magic = ByteBuffer.allocate(MAGIC.length);
        channel.read(magic, 0);
        if (!ByteBuffer.wrap(MAGIC).equals(magic.flip())) {
          throw StorageException.of(Kind.INVALID, "not an Arrow IPC file");
        }
        channel.truncate(bytes);
        String id = String.format("%032x", count.incrementAndGet());
        ObjectInfo info =
            new ObjectInfo(
                name, id, bytes, 3, 1, "a: int64", attributes, CREATED, null, List.of(node));
        if (objects.putIfAbsent(name.toString(), info) != null) {
          throw StorageException.of(Kind.ALREADY_EXISTS, "there is an object " + name + " already");
        }
        Files.move(file, FolderObjectStore.this.path(id));
        ended = true;
        staged.decrementAndGet();
        listeners.forEach(listener -> listener.accept(name));
        return info;
      } catch (StorageException e) {
        throw e;
      } catch (IOException e) {
        throw StorageException.of(Kind.UNAVAILABLE, e.toString(), e);
      }
    }

    @Override
    public void close() {
      if (!ended) {
        ended = true;
        staged.decrementAndGet();
        try {
          Files.deleteIfExists(file);
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
  }

  private final class Opened implements OpenFile {
    private final ObjectInfo info;
    private boolean closed;

    Opened(ObjectInfo info) {
      this.info = info;
    }

    @Override
    public FileEntry entry() {
      return new FileEntry(
          info.name().path(), info.bytes(), info.created(), 1, new FileVersion(info.id()));
    }

    @Override
    public PinnedBytes read(long offset, int length) throws StorageException {
      ByteBuffer bytes =
          ByteBuffer.allocateDirect((int) Math.min(length, Math.max(0, info.bytes() - offset)));
      try (FileChannel channel = FileChannel.open(path(info.id()))) {
        while (bytes.hasRemaining()) {
          channel.read(bytes, offset + bytes.position());
        }
      } catch (IOException e) {
        throw StorageException.of(Kind.UNAVAILABLE, e.toString(), e);
      }
      ByteBuffer read = bytes.flip().asReadOnlyBuffer();
      return new PinnedBytes() {
        @Override
        public List<ByteBuffer> buffers() {
          return List.of(read);
        }

        @Override
        public int byteCount() {
          return read.capacity();
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public Optional<SealedFile> sealed() {
      return Optional.of(new SealedFile(path(info.id()), 1));
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        open.decrementAndGet();
      }
    }
  }
}
