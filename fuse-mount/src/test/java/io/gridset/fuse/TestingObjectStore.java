package io.gridset.fuse;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// Objects in files of `directory`. Memory that it stages is full of what was there before, and
/// limited. It refuses, at the price of their memory, bytes that say that they are corrupt.
final class TestingObjectStore implements ObjectStore {
  static final byte CORRUPT = (byte) 0xBD;
  static final int TOLD_AT = 8;
  private static final byte LEFT_OVER = (byte) 0xA5;

  private final Path directory;
  private final ConcurrentSkipListMap<String, Held> objects = new ConcurrentSkipListMap<>();
  private final List<Consumer<ObjectName>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger staged = new AtomicInteger();
  private volatile long limitBytes = Long.MAX_VALUE;

  private record Held(ObjectInfo info, Path file) {}

  TestingObjectStore(Path directory) {
    this.directory = directory;
  }

  /// Stagings of more bytes find no memory.
  void limit(long bytes) {
    limitBytes = bytes;
  }

  int openFiles() {
    return open.get();
  }

  /// Stagings that were neither sealed nor given back.
  int staged() {
    return staged.get();
  }

  /// Puts an object as another client would.
  void put(String path, byte[] bytes) {
    try (Staging staging = stage("default", bytes.length)) {
      staging.write(ByteBuffer.wrap(bytes), 0);
      var _ = staging.seal(ObjectName.of(path), ObjectAttributes.plain(), bytes.length);
    } catch (StorageException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<ObjectInfo> find(ObjectName name) {
    return Optional.ofNullable(objects.get(name.path())).map(Held::info);
  }

  @Override
  public List<ObjectInfo> list(String namespace, String prefix) {
    return objects.values().stream()
        .map(Held::info)
        .filter(info -> info.name().path().startsWith(prefix))
        .toList();
  }

  @Override
  public OpenFile open(ObjectName name, Reach reach) throws StorageException {
    Held held = objects.get(name.path());
    if (held == null) {
      throw StorageException.of(Kind.NOT_FOUND, "no object " + name);
    }
    open.incrementAndGet();
    return new Handle(held);
  }

  @Override
  public Staging stage(String namespace, long bytes) throws StorageException {
    if (bytes > limitBytes) {
      throw StorageException.of(Kind.NO_SPACE, "memory is full");
    }
    Path file = directory.resolve("segment-" + numbers.incrementAndGet());
    try {
      byte[] before = new byte[Math.toIntExact(bytes)];
      Arrays.fill(before, LEFT_OVER);
      Files.write(file, before);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    staged.incrementAndGet();
    return new Segment(file, bytes);
  }

  @Override
  public boolean delete(ObjectName name) {
    Held held = objects.remove(name.path());
    if (held != null) {
      unlink(held.file);
      announce(name);
    }
    return held != null;
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {}

  private void announce(ObjectName name) {
    listeners.forEach(listener -> listener.accept(name));
  }

  private static void unlink(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Segment implements Staging {
    private final Path file;
    private long capacity;
    private boolean ended;

    Segment(Path file, long capacity) {
      this.file = file;
      this.capacity = capacity;
    }

    @Override
    public String id() {
      return file.toString();
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
      if (position + bytes.remaining() > capacity) {
        throw new IllegalArgumentException("beyond the capacity");
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        while (bytes.hasRemaining()) {
          position += channel.write(bytes, position);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public ObjectInfo seal(ObjectName name, ObjectAttributes attributes, long bytes)
        throws StorageException {
      if (firstBytes()[TOLD_AT] == CORRUPT) {
        close();
        throw StorageException.of(Kind.INVALID, "a table that is none");
      }
      String id = "object-" + numbers.incrementAndGet();
      ObjectInfo info =
          new ObjectInfo(name, id, bytes, 0, 0, "", attributes, Instant.now(), null, List.of());
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        if (objects.putIfAbsent(name.path(), new Held(info, file)) != null) {
          throw StorageException.of(Kind.ALREADY_EXISTS, name + " is in use");
        }
        channel.truncate(bytes);
      } catch (StorageException e) {
        throw e;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      ended = true;
      staged.decrementAndGet();
      announce(name);
      return info;
    }

    private byte[] firstBytes() {
      try (InputStream in = Files.newInputStream(file)) {
        return in.readNBytes(TOLD_AT + 1);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public synchronized void close() {
      if (!ended) {
        ended = true;
        staged.decrementAndGet();
        unlink(file);
      }
    }
  }

  private final class Handle implements OpenFile {
    private final Held held;
    private boolean closed;

    Handle(Held held) {
      this.held = held;
    }

    @Override
    public FileEntry entry() {
      return new FileEntry(
          "elsewhere", held.info.bytes(), held.info.created(), 1, FileVersion.of("", "", "", "x"));
    }

    @Override
    public PinnedBytes read(long offset, int length) throws StorageException {
      try (FileChannel channel = FileChannel.open(held.file)) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) {}
        return new Copied(bytes.flip());
      } catch (IOException e) {
        throw StorageException.of(Kind.UNAVAILABLE, "read", e);
      }
    }

    @Override
    public Optional<SealedFile> sealed() {
      return Optional.of(new SealedFile(held.file, 1));
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        open.decrementAndGet();
      }
    }
  }

  private record Copied(ByteBuffer bytes) implements PinnedBytes {
    @Override
    public List<ByteBuffer> buffers() {
      return List.of(bytes);
    }

    @Override
    public int byteCount() {
      return bytes.remaining();
    }

    @Override
    public void close() {}
  }
}
