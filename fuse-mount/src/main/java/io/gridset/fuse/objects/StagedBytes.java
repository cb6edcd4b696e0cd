package io.gridset.fuse.objects;

import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Bytes of a length that nobody knows beforehand, in memory that can be sealed. A fuller segment
/// takes the place of one that is full, twice as large, so that each byte is copied at most once on
/// average. Of one thread at a time, but for `sizeBytes()`.
final class StagedBytes implements AutoCloseable {
  /// What one write of the kernel brings at most.
  private static final long LEAST_BYTES = 1 << 20;

  /// Beyond it a gap is not filled while a device loop waits.
  private static final long SMALL_GAP_BYTES = 1 << 20;

  /// Segments end somewhere; a file may not be longer than any memory.
  private static final long MOST_BYTES = 1L << 46;

  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);

  /// The magic and its padding, a footer's length, the magic.
  private static final long LEAST_IPC_BYTES = 18;

  private static final int COPY_BYTES = 1 << 20;

  private final ObjectStore store;
  private final String namespace;
  private @Nullable Staging staging;
  private volatile long size;

  StagedBytes(ObjectStore store, String namespace) {
    this.store = store;
    this.namespace = namespace;
  }

  long sizeBytes() {
    return size;
  }

  /// Whether `length` bytes can be written at `position` with neither more memory nor a long gap to
  /// fill.
  boolean isReadyFor(long position, int length) {
    return staging != null
        && position + length <= staging.capacity()
        && position - size <= SMALL_GAP_BYTES;
  }

  void write(ByteBuffer bytes, long position) throws StorageException {
    long end = position + bytes.remaining();
    Staging memory = reserve(end);
    fill(memory, position);
    memory.write(bytes, position);
    size = Math.max(size, end);
  }

  /// Bytes beyond a cut are written anew before they can be read again: by the gap's zeros.
  void truncate(long bytes) throws StorageException {
    if (bytes > size) {
      fill(reserve(bytes), bytes);
    }
    size = bytes;
  }

  ByteBuffer read(long position, int length) throws StorageException {
    Staging memory = staging;
    int wanted = Math.clamp(size - position, 0, length);
    if (memory == null || wanted == 0) {
      return ByteBuffer.allocate(0);
    }
    try (FileChannel channel = FileChannel.open(memory.path(), StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.allocateDirect(wanted);
      read(channel, bytes, position);
      return bytes.flip();
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, "reading staged bytes failed: " + e, e);
    }
  }

  /// Whether the bytes begin and end as an Arrow IPC file does, which one that is half written does
  /// not.
  boolean looksWhole() throws StorageException {
    if (size < LEAST_IPC_BYTES) {
      return false;
    }
    ByteBuffer magic = ByteBuffer.wrap(MAGIC);
    return read(0, MAGIC.length).equals(magic)
        && read(size - MAGIC.length, MAGIC.length).equals(magic);
  }

  /// Makes the bytes an object.
  ///
  /// @throws StorageException ALREADY_EXISTS, and the bytes are as they were; after any other they
  ///   are gone
  void seal(ObjectName name, ObjectAttributes attributes) throws StorageException {
    try {
      var _ = reserve(size).seal(name, attributes, size);
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        close();
      }
      throw e;
    }
    close();
  }

  @Override
  public void close() {
    if (staging != null) {
      staging.close();
      staging = null;
    }
  }

  private Staging reserve(long bytes) throws StorageException {
    if (bytes > MOST_BYTES) {
      throw StorageException.of(Kind.NO_SPACE, "a file of " + bytes + " bytes fits nowhere");
    }
    Staging memory = staging;
    if (memory != null && bytes <= memory.capacity()) {
      return memory;
    }
    Staging larger = stage(bytes, memory == null ? 0 : memory.capacity());
    if (memory != null) {
      try (memory) {
        copy(memory, larger);
      } catch (StorageException | RuntimeException e) {
        larger.close();
        staging = null;
        throw e;
      }
    }
    staging = larger;
    return larger;
  }

  /// Twice what was there; where that does not fit, an eighth more than is needed.
  private Staging stage(long needed, long before) throws StorageException {
    long ample = Math.max(Math.max(LEAST_BYTES, 2 * before), needed);
    try {
      return store.stage(namespace, ample);
    } catch (StorageException e) {
      long frugal = needed + needed / 8;
      if (e.kind() != Kind.NO_SPACE || frugal >= ample) {
        throw e;
      }
      return store.stage(namespace, frugal);
    }
  }

  private void copy(Staging from, Staging to) throws StorageException {
    try (FileChannel channel = FileChannel.open(from.path(), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, size));
      for (long at = 0; at < size; at += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
        read(channel, buffer, at);
        to.write(buffer.flip(), at);
      }
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, "copying staged bytes failed: " + e, e);
    }
  }

  /// Zeros from the end to `position`: segments are used again and hold what was in them.
  private void fill(Staging memory, long position) throws StorageException {
    if (position <= size) {
      return;
    }
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, position - size));
    for (long at = size; at < position; at += zeros.limit()) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), position - at));
      memory.write(zeros, at);
    }
  }

  private static void read(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int count = channel.read(bytes, at);
      if (count < 0) {
        throw new IOException("the staged file ends at " + at);
      }
      at += count;
    }
  }
}
