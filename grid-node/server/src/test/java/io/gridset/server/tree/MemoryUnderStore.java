package io.gridset.server.tree;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// An under store in memory that counts what it is asked, and checks validators as a real one does.
public class MemoryUnderStore implements UnderStore {
  private static final int CHUNK = 16 << 10;

  /// How much of an object's identity it tells.
  public enum Validators {
    STRONG_ETAG,
    TIME_ONLY,
    NONE
  }

  /// A ranged read that was asked for.
  public record Read(String path, ByteRange range) {}

  private record Stored(byte[] bytes, long revision) {}

  private final TreeMap<String, Stored> objects = new TreeMap<>();
  private final Validators validators;
  private long revision;
  public final AtomicLong lists = new AtomicLong();
  public final AtomicLong heads = new AtomicLong();
  public final AtomicLong bytesRead = new AtomicLong();
  public final List<Read> reads = Collections.synchronizedList(new ArrayList<>());
  public final AtomicBoolean closed = new AtomicBoolean();
  public volatile boolean listsIdentities = true;

  public MemoryUnderStore() {
    this(Validators.STRONG_ETAG);
  }

  public MemoryUnderStore(Validators validators) {
    this.validators = validators;
  }

  public synchronized void put(String path, byte[] bytes) {
    objects.put(path, new Stored(bytes, ++revision));
  }

  public synchronized void delete(String path) {
    objects.remove(path);
  }

  public synchronized List<String> paths() {
    return List.copyOf(objects.keySet());
  }

  public synchronized byte[] bytes(String path) {
    return objects.get(path).bytes();
  }

  @Override
  public String description() {
    return "memory://";
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    lists.incrementAndGet();
    Map<String, StoreEntry> found = new LinkedHashMap<>();
    synchronized (this) {
      String prefix = directory.isEmpty() ? "" : directory + "/";
      for (Map.Entry<String, Stored> entry : objects.tailMap(prefix).entrySet()) {
        if (!entry.getKey().startsWith(prefix)) {
          break;
        }
        String rest = entry.getKey().substring(prefix.length());
        int slash = rest.indexOf('/');
        String name = slash < 0 ? rest : rest.substring(0, slash);
        if (slash >= 0) {
          found.put(name + "/", new StoreEntry.Directory(name));
        } else {
          found.put(
              name,
              new StoreEntry.ObjectFile(name, listsIdentities ? identity(entry.getValue()) : null));
        }
      }
    }
    if (found.isEmpty() && !directory.isEmpty()) {
      throw StorageException.of(Kind.NOT_FOUND, "no directory " + directory);
    }
    found.values().forEach(sink);
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    heads.incrementAndGet();
    synchronized (this) {
      return Optional.ofNullable(objects.get(path)).map(this::identity);
    }
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    reads.add(new Read(path, range));
    Stored stored;
    synchronized (this) {
      stored = objects.get(path);
    }
    if (stored == null) {
      throw StorageException.of(Kind.CHANGED, path + " is gone");
    }
    if (expected.hasValidator() && !identity(stored).equals(expected)) {
      throw StorageException.of(Kind.CHANGED, path + " is another version");
    }
    if (range.end() > stored.bytes().length) {
      throw StorageException.of(Kind.CORRUPT, path + " is shorter than was asked for");
    }
    for (long at = range.offset(); at < range.end(); at += CHUNK) {
      int length = (int) Math.min(CHUNK, range.end() - at);
      beforeChunk(path, at);
      bytesRead.addAndGet(length);
      sink.accept(ByteBuffer.wrap(stored.bytes(), (int) at, length));
    }
  }

  /// Called before the bytes at `offset` are handed over; may fail.
  protected void beforeChunk(String path, long offset) throws StorageException {}

  public List<Read> readsOf(String path) {
    synchronized (reads) {
      return reads.stream().filter(read -> read.path().equals(path)).toList();
    }
  }

  @Override
  public void close() {
    closed.set(true);
  }

  private ObjectIdentity identity(Stored stored) {
    Instant modified = Instant.ofEpochSecond(1_700_000_000 + stored.revision());
    return switch (validators) {
      case STRONG_ETAG ->
          new ObjectIdentity(stored.bytes().length, modified, "\"" + stored.revision() + "\"");
      case TIME_ONLY -> new ObjectIdentity(stored.bytes().length, modified, null);
      case NONE -> new ObjectIdentity(stored.bytes().length, null, null);
    };
  }
}
