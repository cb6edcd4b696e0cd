package io.gridset.server.object;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A handle of an object; what was read through it outlives it.
final class OpenObject implements ObjectFile {
  private static final Logger log = LoggerFactory.getLogger(OpenObject.class);
  private static final int INODE_DIGITS = 15;

  private final HeldObject object;
  private final AtomicBoolean closed = new AtomicBoolean();

  /// @param object of which this is a user
  OpenObject(HeldObject object) {
    this.object = object;
  }

  @Override
  public ObjectRecord record() {
    return object.record();
  }

  @Override
  public Path segment() throws StorageException {
    checkOpen();
    return object.segment();
  }

  @Override
  public FileEntry entry() {
    ObjectInfo info = object.record().info();
    long inode = Long.parseLong(info.id().substring(0, INODE_DIGITS), 16) | 1;
    return new FileEntry(
        info.name().path(), info.bytes(), info.created(), inode, new FileVersion(info.id()));
  }

  @Override
  public PinnedBytes read(long offset, int length) throws StorageException {
    checkOpen();
    long count = Math.min(length, object.record().info().bytes() - offset);
    if (offset < 0 || count <= 0) {
      return PinnedBytes.empty();
    }
    return new View(object, object.view(offset, (int) count));
  }

  @Override
  public Optional<PinnedBytes> readPresent(long offset, int length) {
    try {
      return Optional.of(read(offset, length));
    } catch (StorageException e) {
      return Optional.empty();
    }
  }

  /// Empty only when a small object's file finds no memory.
  @Override
  public Optional<SealedFile> sealed() {
    try {
      checkOpen();
      return Optional.of(object.exposed());
    } catch (StorageException e) {
      log.warn("{} has no file: {}", object.record().name(), e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      object.release();
    }
  }

  private void checkOpen() throws StorageException {
    if (closed.get()) {
      throw StorageException.of(Kind.CANCELLED, object.record().name() + " was closed");
    }
  }

  private record View(HeldObject object, ByteBuffer bytes, AtomicBoolean closed)
      implements PinnedBytes {
    View(HeldObject object, ByteBuffer bytes) {
      this(object, bytes, new AtomicBoolean());
    }

    @Override
    public List<ByteBuffer> buffers() {
      return List.of(bytes.duplicate());
    }

    @Override
    public int byteCount() {
      return bytes.remaining();
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        object.release();
      }
    }
  }
}
