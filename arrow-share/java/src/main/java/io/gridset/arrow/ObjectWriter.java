package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.arrow.ipc.AlignedIpcWriter;
import io.gridset.arrow.ipc.PreparedBatch;
import io.gridset.arrow.system.Region;
import java.util.function.Consumer;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/// Appends batches to an object that nobody sees before `seal()`. Each batch is copied at once,
/// into memory that this process shares with the node, so its vectors may be written again
/// afterwards.
///
/// When a segment is full, one of twice the length is staged and takes over what was written: an
/// object of unknown length is copied twice at most, over all. [#expect] avoids that. Up to 64 KiB
/// travel in the request that puts the object. Thread-safe.
public final class ObjectWriter implements AutoCloseable {
  private final Connection connection;
  private final Consumer<Connection> giveBack;
  private final Target target;
  private final AlignedIpcWriter file;
  private final Region small;
  private @Nullable Staged staged;
  private long expected;
  private boolean ended;

  /// @param path in the namespace
  record Target(ObjectPath path, ObjectAttributes attributes) {}

  ObjectWriter(
      Connection connection, Consumer<Connection> giveBack, Target target, AlignedIpcWriter file) {
    this.connection = connection;
    this.giveBack = giveBack;
    this.target = target;
    this.file = file;
    this.small = Region.allocate(connection.inlineBytes());
  }

  /// Says how long the object will be at least, as far as is known, so that the first segment fits.
  public synchronized ObjectWriter expect(long bytes) {
    expected = bytes;
    return this;
  }

  /// Length of the object if it ended here.
  public synchronized long bytes() {
    return file.bytes();
  }

  /// Rows appended so far.
  public synchronized long rows() {
    return file.rows();
  }

  /// @throws IllegalArgumentException when the batch's schema is not the writer's, naming the first
  ///   column that differs, or a dictionary has changed; what was appended before stays
  /// @throws ObjectException NO_SPACE when the node's memory is full; the object can still be
  ///   sealed with what it has
  public synchronized void append(VectorSchemaRoot batch) throws ObjectException {
    checkOpen();
    try (PreparedBatch prepared = file.prepare(batch, region())) {
      reserve(file.bytesWith(prepared));
      file.write(prepared, region());
    }
  }

  /// Publishes the object and ends this writer.
  ///
  /// @throws ObjectException ALREADY_EXISTS when the name is in use
  public synchronized ObjectInfo seal() throws ObjectException {
    checkOpen();
    reserve(file.bytes());
    ObjectNode request = target.path().into(Wire.request(staged == null ? "put" : "seal"));
    request.set("attributes", Wire.attributes(target.attributes()));
    long length = file.finish(region());
    JsonNode answer;
    try {
      if (staged == null) {
        answer = connection.call(request, small, (int) length);
      } else {
        staged.letGo();
        answer = connection.call(request.put("staging", staged.id()).put("bytes", length));
        staged = null;
      }
    } finally {
      close();
    }
    return Wire.info(answer.path("object"));
  }

  private void checkOpen() {
    if (ended) {
      throw new IllegalStateException(target.path() + " is sealed, or was given up");
    }
  }

  private Region region() {
    return staged == null ? small : staged.region();
  }

  private void reserve(long bytes) throws ObjectException {
    Region now = region();
    if (bytes <= now.bytes()) {
      return;
    }
    long twice = staged == null ? 0 : 2 * now.bytes();
    Staged longer = stage(Math.max(bytes, Math.max(expected, twice)), bytes);
    longer.region().populate(0, file.position());
    longer.region().copy(0, now.address(), file.position());
    giveUpStaged();
    staged = longer;
  }

  /// Stages what would be good to have, or, in a full memory, no more than there must be.
  private Staged stage(long good, long least) throws ObjectException {
    try {
      return Staged.create(connection, target.path(), good);
    } catch (ObjectException e) {
      if (e.kind() != ObjectException.Kind.NO_SPACE || good == least) {
        throw e;
      }
      return Staged.create(connection, target.path(), least);
    }
  }

  private void giveUpStaged() {
    Staged before = staged;
    staged = null;
    if (before != null) {
      before.letGo();
      try {
        connection.call(Wire.request("abort").put("staging", before.id()));
      } catch (ObjectException e) {
        // The node gives it back at the latest when the connection ends, which it now does: a
        // connection that failed is not used again.
        connection.interrupt();
      }
    }
  }

  /// Without a seal gives the memory back, and nothing is ever seen of the object.
  @Override
  public synchronized void close() {
    if (!ended) {
      ended = true;
      giveUpStaged();
      small.close();
      giveBack.accept(connection);
    }
  }
}
