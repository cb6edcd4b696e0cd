package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// The segments in memory: files that are being written, sealed ones, and those of deleted objects.
/// Takes room for them within the quota and gives it back. Thread-safe.
final class Segments {
  static final int PAGE = 4096;

  private final Path staging;
  private final Path sealed;
  private final MemoryLedger ledger;
  private final SegmentPool pool;
  private final SegmentReserve reserve;
  private final Object making = new Object();
  private volatile Supplier<BooleanSupplier> evictions = () -> () -> false;

  /// Empties `staging` and `pool`: nobody is left who knew of what is in them.
  Segments(ObjectStoreSettings settings, MemoryLedger ledger) throws StorageException {
    Path directory = settings.directory();
    this.staging = directory.resolve("staging");
    this.sealed = directory.resolve("sealed");
    this.ledger = ledger;
    Path retired = directory.resolve("pool");
    try {
      Files.createDirectories(sealed);
      empty(staging);
      empty(retired);
    } catch (IOException e) {
      throw Failures.of("cannot use the objects' directory " + directory, e);
    }
    this.pool = new SegmentPool(retired, settings.poolBytes(), ledger);
    this.reserve =
        new SegmentReserve(staging.resolve("reserve"), settings.reserveBytes(), ledger, pool);
  }

  /// @param next begins to make room; what it gives evicts an object a call, until it says false
  void evictBy(Supplier<BooleanSupplier> next) {
    this.evictions = next;
  }

  MemoryLedger ledger() {
    return ledger;
  }

  SegmentPool pool() {
    return pool;
  }

  SegmentReserve reserve() {
    return reserve;
  }

  Path sealed() {
    return sealed;
  }

  Path sealed(String id) {
    return sealed.resolve(id + ".arrow");
  }

  /// A file of at least `bytes` bytes whose pages are there, that nobody else has.
  ///
  /// @throws StorageException NO_SPACE when neither quota nor file system have room for it
  StagedSegment stage(String id, String namespace, long bytes) throws StorageException {
    if (bytes > ledger.quotaBytes()) {
      throw noSpace(bytes);
    }
    long capacity = roundUp(Math.max(1, bytes));
    Path path = staging.resolve(id);
    SegmentPool.Taken taken = pool.take(namespace, capacity, path);
    if (taken != null) {
      reserve.refill();
    }
    long there = taken == null ? 0 : taken.bytes();
    long charged = there;
    NativeFile file = taken == null ? null : taken.file();
    try {
      if (capacity > there) {
        take(capacity - there);
        charged = capacity;
      }
      if (file == null) {
        file = NativeFile.create(path, capacity);
      }
      fill(file, Math.max(capacity, there), bytes);
      long allocated = file.figures().allocatedBytes();
      ledger.add(allocated - charged);
      file.endLease();
      return new StagedSegment(
          this,
          path,
          file,
          namespace,
          new Extent(Math.max(capacity, there), allocated, 2 * there < capacity));
    } catch (StorageException e) {
      if (file != null) {
        file.close();
        unlink(path);
      }
      ledger.add(-charged);
      throw e;
    }
  }

  /// Takes room for more bytes of a staged file.
  ///
  /// @throws StorageException NO_SPACE; nothing has changed then
  Extent extend(NativeFile file, Extent now, long bytes) throws StorageException {
    if (bytes <= now.capacity()) {
      return now;
    }
    if (bytes > ledger.quotaBytes()) {
      throw noSpace(bytes);
    }
    long capacity = roundUp(bytes);
    long more = capacity - now.capacity();
    take(more, bytes);
    try {
      fill(file, capacity, bytes);
      long allocated = file.figures().allocatedBytes();
      ledger.add(allocated - now.charged() - more);
      return new Extent(capacity, allocated, now.fresh());
    } catch (StorageException e) {
      ledger.add(-more);
      file.resize(now.capacity());
      throw e;
    }
  }

  /// @param capacity bytes that may be written
  /// @param charged bytes accounted for
  /// @param fresh whether most pages have never been written
  record Extent(long capacity, long charged, boolean fresh) {}

  /// The length comes first: huge pages are given only within it. A recycled segment has its pages.
  private void fill(NativeFile file, long capacity, long wanted) throws StorageException {
    try {
      file.resize(capacity);
      if (file.figures().allocatedBytes() < capacity) {
        file.allocate(capacity);
      }
    } catch (StorageException e) {
      if (e.kind() != Kind.NO_SPACE) {
        throw e;
      }
      while (pool.giveUp() || reserve.giveWay()) {
        // the file system has less room than the quota says: whatever can go goes
      }
      try {
        file.allocate(capacity);
      } catch (StorageException again) {
        throw again.kind() == Kind.NO_SPACE ? noSpace(wanted) : again;
      }
    }
  }

  /// Takes room, for which segments of the pool go first and objects next.
  void take(long bytes) throws StorageException {
    take(bytes, bytes);
  }

  /// @param wanted bytes of the object for which it is, for the message
  private void take(long bytes, long wanted) throws StorageException {
    if (ledger.tryTake(bytes)) {
      return;
    }
    synchronized (making) {
      BooleanSupplier eviction = evictions.get();
      while (!ledger.tryTake(bytes)) {
        if (!pool.giveUp() && !reserve.giveWay() && !eviction.getAsBoolean()) {
          throw noSpace(wanted);
        }
      }
    }
  }

  /// Evicts objects until no more than `bytes` bytes are taken by what is not in the pool.
  void evictTo(long bytes) {
    BooleanSupplier eviction = evictions.get();
    boolean went = true;
    while (went && ledger.taken() - pool.bytes() > bytes) {
      synchronized (making) { // one at a time: who waits for room comes in between
        went = eviction.getAsBoolean();
      }
    }
  }

  /// Makes a file that is sealed the segment of the object `id`.
  Path publish(Path file, String id) throws StorageException {
    Path path = sealed(id);
    try {
      Files.move(file, path, StandardCopyOption.ATOMIC_MOVE);
      return path;
    } catch (IOException e) {
      throw Failures.of("cannot name the segment " + path, e);
    }
  }

  private StorageException noSpace(long bytes) {
    long mapped = pool.bytes() + Math.max(0, ledger.used() - ledger.taken());
    String deleted =
        mapped == 0 || bytes > ledger.quotaBytes()
            ? ""
            : ", "
                + new DataSize(mapped).display()
                + " of them by deleted objects that somebody still has mapped";
    return StorageException.of(
        Kind.NO_SPACE,
        "no memory for an object of "
            + new DataSize(bytes).display()
            + ": "
            + new DataSize(ledger.used()).display()
            + " of the objects' "
            + new DataSize(ledger.quotaBytes()).display()
            + " are in use"
            + deleted
            + "; delete objects, end their readers, or give objects more memory or a disk"
            + " directory");
  }

  static long roundUp(long bytes) {
    return Math.ceilDiv(bytes, PAGE) * PAGE;
  }

  private static void unlink(Path path) throws StorageException {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw Failures.of("cannot unlink " + path, e);
    }
  }

  private static void empty(Path directory) throws IOException {
    Files.createDirectories(directory);
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }
}
