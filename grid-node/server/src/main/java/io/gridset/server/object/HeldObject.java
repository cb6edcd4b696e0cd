package io.gridset.server.object;

import io.gridset.core.cache.SealedFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bytes of an object on this node: in its record, in a segment, on the disk, or several of
/// them. Its users in this process hold the segment's name in place; those elsewhere hold the file
/// by having it open or mapped, which only the kernel knows. Thread-safe.
final class HeldObject {
  private static final Logger log = LoggerFactory.getLogger(HeldObject.class);

  private final ObjectRecord record;
  private final Holding holding;
  private final ReentrantLock lock = new ReentrantLock();
  private final HeldViews views = new HeldViews();
  private @Nullable Path file;
  private long charged;
  private long recordBytes;
  private long incarnation;
  private int users;
  private boolean seenByOthers;
  private boolean forgotten;
  private boolean gone;
  private volatile boolean published;
  private volatile long lastUse;

  /// @param holding what the objects of a node share
  HeldObject(ObjectRecord record, Holding holding) {
    this.record = record;
    this.holding = holding;
    this.lastUse = holding.tick();
  }

  ObjectRecord record() {
    return record;
  }

  /// The catalog has it: from now on it goes when its name does.
  void published() {
    published = true;
  }

  boolean isPublished() {
    return published;
  }

  /// Grows with time.
  long lastUse() {
    return lastUse;
  }

  /// Takes over a segment of `bytes` bytes that are accounted for.
  ///
  /// @param known whether only our own clients had it
  void adopt(Path segment, long bytes, Seen known) {
    lock.lock();
    try {
      file = segment;
      charged = bytes;
      incarnation = holding.tick();
      seenByOthers = known == Seen.BY_ANYBODY;
    } finally {
      lock.unlock();
    }
  }

  /// Who may have had a segment open.
  enum Seen {
    BY_OUR_CLIENTS,
    BY_ANYBODY
  }

  /// Writes the record to memory, and for an object that is to persist all of it to the disk.
  void keep() throws StorageException {
    lock.lock();
    try {
      keepRecord();
      DiskCopies disk = holding.disk();
      if (record.info().attributes().persist() && disk != null) {
        Path segment = file;
        disk.keep(record, segment == null ? 0 : disk.write(record, segment));
      }
    } finally {
      lock.unlock();
    }
  }

  /// Writes the record to memory.
  void keepRecord() throws StorageException {
    lock.lock();
    try {
      long bytes = Segments.roundUp(holding.records().write(record, 0));
      holding.segments().ledger().add(bytes - recordBytes);
      recordBytes = bytes;
    } finally {
      lock.unlock();
    }
  }

  /// Opens it; null when it is gone.
  ///
  /// @throws StorageException NO_SPACE when it is on the disk and memory has no room for it;
  ///   CORRUPT when the disk lost it
  @Nullable OpenObject open() throws StorageException {
    lock.lock();
    try {
      if (gone) {
        return null;
      }
      if (record.payload() == null) {
        load();
      }
      lastUse = holding.tick();
      users++;
      return new OpenObject(this);
    } finally {
      lock.unlock();
    }
  }

  /// The segment, made when there is none; for a user.
  Path segment() throws StorageException {
    lock.lock();
    try {
      return load();
    } finally {
      lock.unlock();
    }
  }

  /// The segment for who may do anything with it, so that it is never used again.
  SealedFile exposed() throws StorageException {
    lock.lock();
    try {
      Path path = load();
      seenByOthers = true;
      return new SealedFile(path, incarnation);
    } finally {
      lock.unlock();
    }
  }

  /// A view of a range, valid until a `release` that belongs to it; for a user.
  ByteBuffer view(long offset, int bytes) throws StorageException {
    lock.lock();
    try {
      byte[] payload = record.payload();
      ByteBuffer view =
          payload == null
              ? views.of(load(), record.info().bytes(), offset, bytes)
              : views.of(payload, offset, bytes);
      users++;
      return view;
    } finally {
      lock.unlock();
    }
  }

  /// Ends a use that began with `open` or `view`.
  void release() {
    lock.lock();
    try {
      endUse();
    } finally {
      lock.unlock();
    }
  }

  private void endUse() {
    users--;
    if (users == 0) {
      views.drop();
      if (gone) {
        letGo();
      }
    }
  }

  private Path load() throws StorageException {
    Path present = file;
    if (present != null) {
      return present;
    }
    if (!isElsewhere()) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "this node let the bytes of " + record.name() + " go meanwhile");
    }
    long bytes = record.info().bytes();
    Segments segments = holding.segments();
    try (StagedSegment staged = segments.stage(record.id(), record.name().namespace(), bytes)) {
      byte[] payload = record.payload();
      DiskCopies disk = holding.disk();
      if (payload != null) {
        staged.write(ByteBuffer.wrap(payload), 0);
      } else if (disk != null) {
        disk.read(record, staged);
      }
      staged.freeze(bytes, _ -> {});
      Path path = staged.publish(record.id());
      file = path;
      charged = staged.charged();
      incarnation = holding.tick();
      return path;
    }
  }

  /// Takes the segment out of memory if its bytes are elsewhere, or once they are on the disk, and
  /// nobody uses it. False when that cannot be.
  boolean evict() {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      Path segment = file;
      if (segment == null || users > 0 || gone || !isIdle(segment)) {
        return false;
      }
      if (isElsewhere()) {
        return unlink(segment);
      }
      if (holding.mayLeave().test(record)) {
        boolean left = unlink(segment);
        if (!left) {
          holding.stays().accept(record);
        }
        return left;
      }
      DiskCopies disk = holding.disk();
      return disk != null && spill(segment, disk) && users == 0 && unlink(segment);
    } catch (StorageException e) {
      if (e.kind() != Kind.NO_SPACE) { // who needs the room is told of a full disk
        log.warn("{} cannot leave memory: {}", record.name(), e.getMessage());
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// Copies the segment to the disk, during which it may be opened and deleted.
  private boolean spill(Path segment, DiskCopies disk) throws StorageException {
    users++;
    lock.unlock();
    long checksum;
    try {
      checksum = disk.write(record, segment);
    } finally {
      lock.lock();
      endUse();
    }
    if (forgotten) {
      disk.discard(record);
      return false;
    }
    disk.keep(record, checksum);
    return true;
  }

  /// Takes the copy off the disk if memory has the bytes and they need not persist.
  boolean leaveDisk() {
    DiskCopies disk = holding.disk();
    if (disk == null || record.info().attributes().persist() || !lock.tryLock()) {
      return false;
    }
    try {
      if (file == null || !disk.has(record.id())) {
        return false;
      }
      disk.remove(record.id());
      return true;
    } catch (StorageException e) {
      log.warn("{} cannot leave the disk: {}", record.name(), e.getMessage());
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isElsewhere() {
    DiskCopies disk = holding.disk();
    return record.payload() != null || (disk != null && disk.has(record.id()));
  }

  private static boolean isIdle(Path segment) throws StorageException {
    try (NativeFile reader = NativeFile.openForReading(segment)) {
      return reader.tryExclusive();
    }
  }

  private boolean unlink(Path segment) throws StorageException {
    try (NativeFile reader = NativeFile.openForReading(segment)) {
      if (!reader.tryExclusive()) {
        return false;
      }
      Files.delete(segment);
    } catch (IOException e) {
      throw Failures.of("cannot unlink " + segment, e);
    }
    file = null;
    holding.segments().ledger().add(-charged);
    charged = 0;
    if (!isElsewhere()) {
      gone = true;
      letGo();
      holding.dropped().accept(this);
    }
    return true;
  }

  /// Takes the records away: no later start finds the object. What a name says comes after that,
  /// for a start must not give an old object a name that a new one got meanwhile.
  void forget() throws StorageException {
    lock.lock();
    try {
      forgotten = true;
      DiskCopies disk = holding.disk();
      if (disk != null) {
        disk.forget(record.id());
      }
      holding.records().remove(record.id());
    } finally {
      lock.unlock();
    }
  }

  /// Takes `forget` back.
  void remember() throws StorageException {
    lock.lock();
    try {
      forgotten = false;
      keepRecord();
      DiskCopies disk = holding.disk();
      if (disk != null) {
        disk.remember(record);
      }
    } finally {
      lock.unlock();
    }
  }

  /// The object is deleted: the segment goes when its users here are done.
  void end() {
    lock.lock();
    try {
      if (!gone) {
        gone = true;
        if (users == 0) {
          letGo();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void letGo() {
    try {
      forget();
      DiskCopies disk = holding.disk();
      if (disk != null) {
        disk.remove(record.id());
      }
    } catch (StorageException e) {
      log.warn("{} leaves something behind: {}", record.name(), e.getMessage());
    }
    Segments segments = holding.segments();
    segments.ledger().add(-recordBytes);
    recordBytes = 0;
    Path segment = file;
    if (segment != null) {
      file = null;
      segments.pool().retire(segment, record.name().namespace(), charged, !seenByOthers);
    }
  }
}
