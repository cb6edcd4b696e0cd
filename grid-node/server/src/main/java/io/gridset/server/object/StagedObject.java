package io.gridset.server.object;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/// An object that is being written: a segment, or for a small one a buffer until somebody asks for
/// its file. A seal that is refused because the name is in use or somebody still has the file open
/// changes nothing; after any other it is gone. Thread-safe.
final class StagedObject implements Staging, Freezable {
  private final String id;
  private final String namespace;
  private long capacity;
  private final LocalObjectStore store;
  private final ReadWriteLock access = new ReentrantReadWriteLock();

  /// Held by those who change what is written to, not by those who write: several may at once.
  private final Lock lock = access.writeLock();

  private @Nullable StagedSegment segment;
  private @Nullable ByteBuffer buffer;
  private long charged;
  private boolean frozen;
  private boolean closed;

  private StagedObject(String id, String namespace, long capacity, LocalObjectStore store) {
    this.id = id;
    this.namespace = namespace;
    this.capacity = capacity;
    this.store = store;
  }

  static StagedObject of(String id, StagedSegment segment, LocalObjectStore store) {
    StagedObject object = new StagedObject(id, segment.namespace(), segment.capacity(), store);
    object.segment = segment;
    return object;
  }

  /// One of at most [ObjectRecord#LARGEST_PAYLOAD] bytes, for which room was taken.
  static StagedObject small(String id, String namespace, int bytes, LocalObjectStore store) {
    StagedObject object = new StagedObject(id, namespace, bytes, store);
    object.buffer = ByteBuffer.allocate(bytes);
    object.charged = bytes;
    return object;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public long capacity() {
    lock.lock();
    try {
      return capacity;
    } finally {
      lock.unlock();
    }
  }

  /// @throws UncheckedIOException with a StorageException NO_SPACE when a small object's file,
  ///   which is made here, finds no memory
  @Override
  public Path path() {
    lock.lock();
    try {
      StagedSegment file = segment;
      return (file == null ? intoFile(capacity) : file).path();
    } catch (StorageException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  private StagedSegment intoFile(long bytes) throws StorageException {
    checkOpen();
    giveRoomBack();
    StagedSegment file = store.segment(id, namespace, bytes);
    ByteBuffer written = buffer;
    if (written != null) {
      file.write(written.duplicate().clear(), 0);
    }
    segment = file;
    buffer = null;
    return file;
  }

  @Override
  public void extend(long bytes) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      StagedSegment file = segment;
      if (bytes <= capacity) {
        return;
      }
      if (file == null) {
        file = intoFile(bytes);
      } else {
        file.extend(bytes);
      }
      capacity = file.capacity();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isFresh() {
    access.readLock().lock();
    try {
      StagedSegment file = segment;
      return file != null && file.isFresh();
    } finally {
      access.readLock().unlock();
    }
  }

  @Override
  public void write(ByteBuffer bytes, long position) throws StorageException {
    access.readLock().lock();
    try {
      checkOpen();
      if (position < 0 || position > capacity - bytes.remaining()) {
        throw StorageException.of(
            Kind.INVALID, "beyond the " + capacity + " bytes taken: " + position);
      }
      StagedSegment file = segment;
      ByteBuffer small = buffer;
      if (file != null) {
        file.write(bytes, position);
      } else if (small != null) {
        small.put((int) position, bytes, bytes.position(), bytes.remaining());
        bytes.position(bytes.limit());
      }
    } finally {
      access.readLock().unlock();
    }
  }

  @Override
  public ObjectInfo seal(ObjectName name, ObjectAttributes attributes, long bytes)
      throws StorageException {
    lock.lock();
    try {
      checkOpen();
      if (bytes <= 0 || bytes > capacity) {
        throw StorageException.of(
            Kind.INVALID, "an object of " + bytes + " bytes where " + capacity + " were taken");
      }
      return store.seal(this, new Publisher.Wanted(id, name, attributes), bytes);
    } finally {
      endIfFrozen();
    }
  }

  /// Makes it this node's copy of an object that others hold.
  void become(ObjectRecord record) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      store.hold(this, record);
    } finally {
      endIfFrozen();
    }
  }

  private void endIfFrozen() {
    StagedSegment file = segment;
    if (frozen || (file != null && file.isFrozen())) {
      end();
    }
    lock.unlock();
  }

  @Override
  public void freeze(long bytes, Check check) throws StorageException {
    StagedSegment file = segment;
    ByteBuffer small = buffer;
    if (file != null) {
      file.freeze(bytes, check);
    } else if (small != null) {
      frozen = true;
      check.accept(IpcBytes.of(small.slice(0, (int) bytes)));
    }
  }

  @Override
  public void give(HeldObject object) throws StorageException {
    StagedSegment file = segment;
    if (file != null) {
      file.give(object);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      end();
    } finally {
      lock.unlock();
    }
  }

  private void giveRoomBack() {
    store.giveBack(charged);
    charged = 0;
  }

  private void end() {
    if (!closed) {
      closed = true;
      giveRoomBack();
      buffer = null;
      StagedSegment file = segment;
      if (file != null) {
        file.close();
      }
      store.forget(this);
    }
  }

  private void checkOpen() throws StorageException {
    if (closed) {
      throw StorageException.of(Kind.CANCELLED, "the staged object " + id + " was given back");
    }
  }
}
