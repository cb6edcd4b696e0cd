package io.gridset.server.object;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/// An object that is being written. A seal that is refused because the name is in use or somebody
/// still has the file open changes nothing; after any other it is gone. Thread-safe.
final class StagedObject implements Staging {
  private final String id;
  private final StagedSegment segment;
  private final LocalObjectStore store;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  StagedObject(String id, StagedSegment segment, LocalObjectStore store) {
    this.id = id;
    this.segment = segment;
    this.store = store;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long capacity() {
    return segment.capacity();
  }

  @Override
  public Path path() {
    return segment.path();
  }

  StagedSegment segment() {
    return segment;
  }

  @Override
  public void write(ByteBuffer bytes, long position) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      segment.write(bytes, position);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public ObjectInfo seal(ObjectName name, ObjectAttributes attributes, long bytes)
      throws StorageException {
    lock.lock();
    try {
      checkOpen();
      if (bytes <= 0 || bytes > capacity()) {
        throw StorageException.of(
            Kind.INVALID, "an object of " + bytes + " bytes where " + capacity() + " were taken");
      }
      return store.seal(this, name, attributes, bytes);
    } finally {
      if (segment.isFrozen()) {
        end();
      }
      lock.unlock();
    }
  }

  /// Makes it this node's copy of an object that others hold.
  void become(ObjectRecord record) throws StorageException {
    lock.lock();
    try {
      checkOpen();
      store.hold(this, record);
    } finally {
      if (segment.isFrozen()) {
        end();
      }
      lock.unlock();
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

  private void end() {
    if (!closed) {
      closed = true;
      segment.close();
      store.forget(this);
    }
  }

  private void checkOpen() throws StorageException {
    if (closed) {
      throw StorageException.of(Kind.CANCELLED, "the staged object " + id + " was given back");
    }
  }
}
