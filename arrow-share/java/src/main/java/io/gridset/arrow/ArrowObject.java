package io.gridset.arrow;

import io.gridset.arrow.ipc.MappedIpc;
import io.gridset.arrow.ipc.NotIpcException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Schema;

/// An object, mapped: its vectors lie in memory that all its readers on this machine share. It
/// stays what it is when its name is deleted or put again, or the node ends.
///
/// Vectors are this object's: `close()` closes them and unmaps. Reading them needs no copy and no
/// memory. Writing to them changes nobody's bytes but the writer's own: the mapping is private, and
/// a page that is written becomes one of this process's. Columns without nulls share one validity
/// in a batch: who marks a value null in one of them marks it in all. Thread-safe, except that
/// closing while another thread reads a vector is that thread's crash, as with any of Arrow's
/// vectors.
public final class ArrowObject implements AutoCloseable, Iterable<VectorSchemaRoot> {
  private final Got got;
  private final MappedIpc file;
  private final BufferAllocator allocator;
  private final Consumer<ArrowObject> closing;
  private boolean closed;

  ArrowObject(Got got, MappedIpc file, BufferAllocator allocator, Consumer<ArrowObject> closing) {
    this.got = got;
    this.file = file;
    this.allocator = allocator;
    this.closing = closing;
  }

  /// What was known of it when it was got.
  ///
  /// @throws UncheckedIOException with an [ObjectException] CORRUPT when the node told nonsense
  public ObjectInfo info() {
    return got.info();
  }

  ObjectPath path() {
    return got.path();
  }

  /// As vectors have it: a field in dictionary form has its index type.
  public Schema schema() {
    return file.schema();
  }

  /// The dictionaries of fields in dictionary form, mapped as well.
  public DictionaryProvider dictionaries() {
    return file.dictionaries();
  }

  public int batches() {
    return file.batches();
  }

  /// The vectors of a batch, which stay valid until this object is closed.
  ///
  /// @param number from 0
  /// @throws ObjectException CORRUPT when it cannot be mapped
  public synchronized VectorSchemaRoot batch(int number) throws ObjectException {
    if (closed) {
      throw new IllegalStateException("the object " + path().name() + " is closed");
    }
    try {
      return file.batch(number);
    } catch (NotIpcException e) {
      throw new ObjectException(
          ObjectException.Kind.CORRUPT,
          "batch " + number + " of " + path().name() + ": " + e.getMessage(),
          e);
    }
  }

  /// All batches in order.
  @Override
  public Iterator<VectorSchemaRoot> iterator() {
    return IntStream.range(0, batches()).mapToObj(this::present).iterator();
  }

  private VectorSchemaRoot present(int number) {
    try {
      return batch(number);
    } catch (ObjectException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Closes the vectors and unmaps.
  ///
  /// @throws IllegalStateException when buffers are still in use that somebody retained; they stay
  ///   valid, and after their release this can be called again
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    file.close();
    long left = allocator.getAllocatedMemory();
    if (left > 0) {
      throw new IllegalStateException(
          "buffers of the object "
              + path().name()
              + " are still in use, and keep its "
              + file.bytes()
              + " bytes mapped: close what was retained or sliced from it, then close it again");
    }
    closed = true;
    allocator.close();
    closing.accept(this);
  }
}
