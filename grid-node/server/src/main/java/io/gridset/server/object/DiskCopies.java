package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.cache.DirectoryLock;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/// Copies of objects on a local disk: of those that memory had no room for, and of those that are
/// to outlive the machine's memory. A copy counts once its record stands on the disk, synced after
/// the bytes, with their checksum. Thread-safe; calls for one object come one after the other.
final class DiskCopies implements AutoCloseable {
  private static final int PIECE = 4 << 20;

  private final DirectoryLock lock;
  private final Path objects;
  private final RecordFiles records;
  private final long quotaBytes;
  private final AtomicLong used = new AtomicLong();
  private final Map<String, Copy> copies = new ConcurrentHashMap<>();
  private volatile Supplier<BooleanSupplier> evictions = () -> () -> false;

  /// @param bytes on the disk; 0 for an object that lives in its record
  private record Copy(long checksum, long bytes) {}

  private DiskCopies(ObjectStoreSettings.Disk settings, DirectoryLock lock) {
    this.lock = lock;
    this.objects = settings.directory().resolve("objects");
    this.records = new RecordFiles(settings.directory().resolve("records"), true);
    this.quotaBytes = settings.quotaBytes();
  }

  /// Opens the directory; what has no record, or no bytes to it, is removed.
  ///
  /// @param found gets the record of each copy
  /// @throws StorageException INVALID when another process has the directory
  static DiskCopies open(ObjectStoreSettings.Disk settings, List<ObjectRecord> found)
      throws StorageException {
    try {
      Files.createDirectories(settings.directory());
    } catch (IOException e) {
      throw unusable(settings, e);
    }
    DiskCopies copies = new DiskCopies(settings, DirectoryLock.acquire(settings.directory()));
    try {
      Files.createDirectories(copies.objects);
      Files.createDirectories(copies.records.directory());
      RecordFiles.syncNames(settings.directory());
      copies.adopt(found);
      return copies;
    } catch (IOException e) {
      copies.close();
      throw unusable(settings, e);
    }
  }

  private static StorageException unusable(ObjectStoreSettings.Disk settings, IOException e) {
    return Failures.of("cannot use the objects' disk directory " + settings.directory(), e);
  }

  private void adopt(List<ObjectRecord> found) throws IOException {
    Set<Path> known = new HashSet<>();
    for (RecordFiles.Kept kept : records.readAll()) {
      ObjectRecord record = kept.record();
      Path file = path(record.id());
      long bytes = record.payload() == null ? record.info().bytes() : 0;
      if (bytes == 0 || (Files.exists(file) && Files.size(file) == bytes)) {
        copies.put(record.id(), new Copy(kept.checksum(), bytes));
        used.addAndGet(bytes);
        known.add(file);
        found.add(record);
      } else {
        records.remove(record.id());
      }
    }
    List<Path> strangers = new ArrayList<>();
    try (var files = Files.newDirectoryStream(objects)) {
      files.forEach(strangers::add);
    }
    strangers.removeAll(known);
    for (Path file : strangers) {
      Files.delete(file);
    }
  }

  /// @param next begins to make room; what it gives removes a copy a call, until it says false
  void evictBy(Supplier<BooleanSupplier> next) {
    this.evictions = next;
  }

  boolean has(String id) {
    return copies.containsKey(id);
  }

  long used() {
    return used.get();
  }

  /// Writes the bytes of an object, which do not count before [#keep].
  ///
  /// @return their checksum
  long write(ObjectRecord record, Path file) throws StorageException {
    long bytes = record.info().bytes();
    take(bytes, record);
    Path copy = path(record.id());
    try (NativeFile source = NativeFile.openForReading(file);
        Mapping mapping = Mapping.readOnly(source, 0, bytes)) {
      Files.deleteIfExists(copy);
      try (NativeFile target = NativeFile.create(copy, 0)) {
        reserve(target, bytes);
        CRC32C checksum = new CRC32C();
        for (long at = 0; at < bytes; at += PIECE) {
          ByteBuffer piece = mapping.view(at, (int) Math.min(PIECE, bytes - at));
          checksum.update(piece.duplicate());
          target.write(piece, at);
        }
        target.sync();
        RecordFiles.syncNames(objects);
        return checksum.getValue();
      }
    } catch (IOException e) {
      discard(record);
      throw Failures.of("cannot write " + record.name() + " to the disk", e);
    }
  }

  /// A full disk is found out before gigabytes are written to it, where the file system can tell.
  private static void reserve(NativeFile target, long bytes) throws StorageException {
    try {
      target.allocate(bytes);
    } catch (StorageException e) {
      if (e.kind() == Kind.NO_SPACE) {
        throw e;
      }
    }
  }

  /// Gives up what `write` wrote.
  void discard(ObjectRecord record) {
    try {
      Files.deleteIfExists(path(record.id()));
    } catch (IOException e) {
      // without a record it counts for nothing, and the next start removes it
    }
    used.addAndGet(-record.info().bytes());
  }

  /// Makes what was written a copy, or the record of an object that lives in it.
  void keep(ObjectRecord record, long checksum) throws StorageException {
    records.write(record, checksum);
    long bytes = record.payload() == null ? record.info().bytes() : 0;
    copies.put(record.id(), new Copy(checksum, bytes));
  }

  /// Reads a copy into a segment.
  ///
  /// @throws StorageException CORRUPT when the disk no longer has what was written
  void read(ObjectRecord record, StagedSegment into) throws StorageException {
    Copy copy = copies.get(record.id());
    long bytes = record.info().bytes();
    CRC32C checksum = new CRC32C();
    if (copy != null) {
      try (NativeFile source = NativeFile.openForReading(path(record.id()));
          Mapping mapping = Mapping.readOnly(source, 0, bytes)) {
        for (long at = 0; at < bytes && source.figures().bytes() == bytes; at += PIECE) {
          ByteBuffer piece = mapping.view(at, (int) Math.min(PIECE, bytes - at));
          into.write(piece.duplicate(), at);
          checksum.update(piece);
        }
      }
    }
    if (copy == null || copy.checksum() != checksum.getValue()) {
      throw StorageException.of(
          Kind.CORRUPT,
          "the disk's copy of " + record.name() + " is not what was written: " + path(record.id()));
    }
  }

  /// Takes a copy's record away: from then on no start finds it. The bytes stay for [#remember].
  void forget(String id) throws StorageException {
    if (has(id)) {
      records.remove(id);
    }
  }

  void remember(ObjectRecord record) throws StorageException {
    Copy copy = copies.get(record.id());
    if (copy != null) {
      records.write(record, copy.checksum());
    }
  }

  /// Removes a copy if there is one.
  void remove(String id) throws StorageException {
    Copy copy = copies.get(id);
    if (copy == null) {
      return;
    }
    records.remove(id);
    try {
      Files.deleteIfExists(path(id));
    } catch (IOException e) {
      throw Failures.of("cannot remove " + path(id), e);
    }
    copies.remove(id);
    used.addAndGet(-copy.bytes());
  }

  private void take(long bytes, ObjectRecord record) throws StorageException {
    BooleanSupplier eviction = evictions.get();
    while (used.addAndGet(bytes) > quotaBytes) {
      used.addAndGet(-bytes);
      if (!eviction.getAsBoolean()) {
        throw StorageException.of(
            Kind.NO_SPACE,
            "no room on the objects' disk for "
                + record.name()
                + " of "
                + new DataSize(bytes).display()
                + ": "
                + new DataSize(used.get()).display()
                + " of "
                + new DataSize(quotaBytes).display()
                + " are in use; delete objects, or give the disk directory more room");
      }
    }
  }

  @Override
  public void close() {
    lock.close();
  }

  private Path path(String id) {
    return objects.resolve(id + ".arrow");
  }
}
