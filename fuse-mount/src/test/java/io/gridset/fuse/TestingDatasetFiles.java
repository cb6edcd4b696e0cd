package io.gridset.fuse;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A dataset in memory whose files can be held up, made to fail, changed, and sealed on demand with
/// real files in `directory`.
final class TestingDatasetFiles implements DatasetFiles {
  private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05.678901234Z");
  private static final int PIECE_BYTES = 100_003; // odd, so that replies are made of several parts

  private final Path directory;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final Map<String, ConcurrentSkipListMap<String, String>> children =
      new ConcurrentHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong numbers = new AtomicLong(100);
  private final AtomicInteger open = new AtomicInteger();
  private volatile CountDownLatch origin = new CountDownLatch(0);
  private volatile Duration timeToLive = Duration.ofSeconds(60);

  TestingDatasetFiles(Path directory) {
    this.directory = directory;
    addDirectory("");
  }

  /// How reads of a file that are not answered at once behave.
  sealed interface Behaviour {
    record Present() implements Behaviour {}

    record Held(CountDownLatch until) implements Behaviour {}

    record Failing(StorageException.Kind kind) implements Behaviour {}

    record Broken() implements Behaviour {}

    record Short() implements Behaviour {}
  }

  private static final class Entry {
    private final FileEntry entry;
    private final ByteBuffer content;
    private volatile Behaviour behaviour = new Behaviour.Present();
    private volatile @Nullable SealedFile sealed;

    Entry(FileEntry entry, byte[] bytes) {
      this.entry = entry;
      content = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
  }

  void timeToLive(Duration duration) {
    timeToLive = duration;
  }

  /// From now on calls that may wait do so until `latch`; what is known is told at once.
  void holdOrigin(CountDownLatch latch) {
    origin = latch;
  }

  /// Adds or replaces a file; the change is announced.
  void put(String path, byte[] bytes) {
    putSilently(path, bytes);
    announce(path);
  }

  /// Adds or replaces a file as if nobody had noticed.
  void putSilently(String path, byte[] bytes) {
    Entry known = entries.get(path);
    long number = numbers.incrementAndGet();
    long inode = known == null ? number : known.entry.inode();
    FileVersion version = FileVersion.of("uid", "m", path, Long.toString(number));
    entries.put(
        path, new Entry(new FileEntry(path, bytes.length, MODIFIED, inode, version), bytes));
    link(path);
  }

  void remove(String path) {
    entries.remove(path);
    siblings(path).remove(name(path));
    announce(path);
  }

  void behave(String path, Behaviour behaviour) {
    entry(path).behaviour = behaviour;
  }

  /// Completes the current version's cache file; the change is announced.
  void seal(String path) {
    unseal(path);
    Entry entry = entry(path);
    long number = numbers.incrementAndGet();
    Path file = directory.resolve("sealed-" + number);
    byte[] bytes = new byte[entry.content.remaining()];
    entry.content.duplicate().get(bytes);
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    entry.sealed = new SealedFile(file, number);
    announce(path);
  }

  /// Evicts the sealed file: unlinks it.
  void unseal(String path) {
    SealedFile sealed = entry(path).sealed;
    entry(path).sealed = null;
    try {
      if (sealed != null) {
        Files.delete(sealed.path());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    announce(path);
  }

  int openFiles() {
    return open.get();
  }

  String version(String path) {
    return String.valueOf(entry(path).entry.version());
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    await(origin);
    return known(path);
  }

  /// Names of an odd length are never known, so that every test takes both ways.
  @Override
  public KnownEntry findPresent(String path) {
    if (path.length() % 2 != 0) {
      return new KnownEntry.Unknown();
    }
    Optional<FileEntry> entry = known(path);
    return entry.isPresent() ? new KnownEntry.Present(entry.get()) : new KnownEntry.Absent();
  }

  private Optional<FileEntry> known(String path) {
    if (path.endsWith("find-is-broken")) {
      throw new IllegalStateException("broken on purpose");
    }
    return Optional.ofNullable(entries.get(path)).map(entry -> entry.entry);
  }

  @Override
  public List<FileEntry> list(String path) throws StorageException {
    ConcurrentSkipListMap<String, String> names = children.get(path);
    if (names == null) {
      throw StorageException.of(StorageException.Kind.NOT_FOUND, "no directory " + path);
    }
    List<FileEntry> listed = new ArrayList<>(names.size());
    for (String child : names.values()) {
      listed.add(entry(child).entry);
    }
    return listed;
  }

  @Override
  public OpenFile open(String path) throws StorageException {
    await(origin);
    Entry entry = entries.get(path);
    if (entry == null) {
      throw StorageException.of(StorageException.Kind.NOT_FOUND, "no file " + path);
    }
    open.incrementAndGet();
    return new Handle(entry);
  }

  @Override
  public Optional<OpenFile> openPresent(String path) {
    Entry entry = path.length() % 2 == 0 ? entries.get(path) : null;
    if (entry == null) {
      return Optional.empty();
    }
    open.incrementAndGet();
    return Optional.of(new Handle(entry));
  }

  @Override
  public long cachedBytes(String path) {
    Entry entry = entry(path);
    return entry.sealed == null ? entry.content.remaining() / 2 : entry.content.remaining();
  }

  @Override
  public Totals totals() {
    long bytes = entries.values().stream().mapToLong(entry -> entry.entry.sizeBytes()).sum();
    return new Totals(bytes, entries.size(), 0);
  }

  @Override
  public Duration entryTimeToLive() {
    return timeToLive;
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private final class Handle implements OpenFile {
    private final Entry entry;
    private boolean closed;

    Handle(Entry entry) {
      this.entry = entry;
    }

    @Override
    public FileEntry entry() {
      return entry.entry;
    }

    @Override
    public PinnedBytes read(long offset, int length) throws StorageException {
      return switch (entry.behaviour) {
        case Behaviour.Present() -> bytes(offset, length);
        case Behaviour.Held(CountDownLatch until) -> {
          await(until);
          yield bytes(offset, length);
        }
        case Behaviour.Failing(StorageException.Kind kind) ->
            throw StorageException.of(kind, "failing on purpose");
        case Behaviour.Broken() -> throw new IllegalStateException("broken on purpose");
        case Behaviour.Short() -> bytes(offset, length / 2);
      };
    }

    @Override
    public Optional<PinnedBytes> readPresent(long offset, int length) {
      return entry.behaviour instanceof Behaviour.Present
          ? Optional.of(bytes(offset, length))
          : Optional.empty();
    }

    @Override
    public Optional<SealedFile> sealed() {
      return Optional.ofNullable(entry.sealed);
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        open.decrementAndGet();
      }
    }

    private PinnedBytes bytes(long offset, int length) {
      int size = entry.content.remaining();
      int start = (int) Math.min(offset, size);
      int end = Math.min(size, start + length);
      List<ByteBuffer> pieces = new ArrayList<>();
      for (int at = start; at < end; at += PIECE_BYTES) {
        pieces.add(entry.content.asReadOnlyBuffer().slice(at, Math.min(PIECE_BYTES, end - at)));
      }
      return new Pinned(List.copyOf(pieces), end - start);
    }
  }

  private static void await(CountDownLatch latch) throws StorageException {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw StorageException.of(StorageException.Kind.TIMED_OUT, "held for too long");
      }
    } catch (InterruptedException e) {
      throw StorageException.of(StorageException.Kind.CANCELLED, "interrupted", e);
    }
  }

  private record Pinned(List<ByteBuffer> buffers, int byteCount) implements PinnedBytes {
    @Override
    public void close() {}
  }

  private Entry entry(String path) {
    Entry entry = entries.get(path);
    if (entry == null) {
      throw new IllegalArgumentException("no " + path);
    }
    return entry;
  }

  private void addDirectory(String path) {
    children.computeIfAbsent(path, directory -> new ConcurrentSkipListMap<>());
    entries.computeIfAbsent(
        path,
        directory ->
            new Entry(
                new FileEntry(path, 0, MODIFIED, numbers.incrementAndGet(), null), new byte[0]));
  }

  private void link(String path) {
    if (path.isEmpty()) {
      return;
    }
    String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    if (!entries.containsKey(parent)) {
      addDirectory(parent);
      link(parent);
    }
    siblings(path).put(name(path), path);
  }

  private ConcurrentSkipListMap<String, String> siblings(String path) {
    String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    ConcurrentSkipListMap<String, String> names = children.get(parent);
    if (names == null) {
      throw new IllegalArgumentException("no directory " + parent);
    }
    return names;
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private void announce(String path) {
    listeners.forEach(listener -> listener.accept(path));
  }
}
