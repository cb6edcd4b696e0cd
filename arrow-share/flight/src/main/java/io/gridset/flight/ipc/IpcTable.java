package io.gridset.flight.ipc;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.jspecify.annotations.Nullable;

/// The messages of an object's file, as a stream sends them: the schema, dictionaries, batches.
/// Batches above [#BATCH_BYTES] are cut by rows: what receives a message keeps all of it until it
/// is complete. For one thread.
public final class IpcTable {
  /// Bytes of a batch from which on it is cut.
  public static final long BATCH_BYTES = 64L << 20;

  private static final int CONTINUATION = -1;
  private static final int PREFIX_BYTES = 8;
  private static final int MAGIC_BYTES = 6;
  private static final int TAIL_BYTES = Integer.BYTES + MAGIC_BYTES;

  /// Where the first message stands in a file: the magic is padded to 8.
  private static final long FIRST = 8;

  private final ObjectBytes bytes;
  private final byte[] schema;
  private final Schema fields;
  private final List<Place> dictionaries;
  private final List<Place> batches;
  private final long batchBytes;

  /// Where a message stands: its flatbuffer and its body.
  private record Place(long metadata, int metadataBytes, long body, long bodyBytes) {}

  /// One message to be sent.
  ///
  /// @param metadata the flatbuffer
  /// @param body its parts in order
  public record Part(ByteBuffer metadata, List<ByteBuffer> body) {
    public long bodyBytes() {
      return body.stream().mapToLong(ByteBuffer::remaining).sum();
    }
  }

  /// Takes messages; what they consist of is good until it returns.
  @FunctionalInterface
  public interface Receiver<E extends Exception> {
    void accept(Part part) throws E;
  }

  private IpcTable(
      ObjectBytes bytes, byte[] schema, Footer footer, long batchBytes, Places places) {
    this.bytes = bytes;
    this.schema = schema;
    this.fields = footer.schema();
    this.batchBytes = batchBytes;
    this.dictionaries = places.dictionaries();
    this.batches = places.batches();
  }

  private record Places(List<Place> dictionaries, List<Place> batches) {}

  /// Reads the file's footer.
  ///
  /// @throws StorageException CORRUPT when it contradicts itself
  public static IpcTable of(ObjectBytes bytes) throws StorageException {
    return of(bytes, BATCH_BYTES);
  }

  /// @param batchBytes from which on batches are cut
  static IpcTable of(ObjectBytes bytes, long batchBytes) throws StorageException {
    try {
      long end = bytes.length() - TAIL_BYTES;
      int length = bytes.view(end, Integer.BYTES).getInt(0);
      Footer footer = Footer.getRootAsFooter(little(copy(bytes.view(end - length, length))));
      List<Place> dictionaries = new ArrayList<>();
      for (int i = 0; i < footer.dictionariesLength(); i++) {
        dictionaries.add(place(bytes, footer.dictionaries(i)));
      }
      List<Place> batches = new ArrayList<>();
      for (int i = 0; i < footer.recordBatchesLength(); i++) {
        batches.add(place(bytes, footer.recordBatches(i)));
      }
      byte[] schema = schema(bytes);
      bytes.unpin();
      return new IpcTable(bytes, schema, footer, batchBytes, new Places(dictionaries, batches));
    } catch (RuntimeException e) {
      throw broken(e);
    }
  }

  private static byte[] copy(ByteBuffer view) {
    byte[] copied = new byte[view.remaining()];
    view.get(0, copied);
    return copied;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Place place(ObjectBytes bytes, Block block) throws StorageException {
    ByteBuffer prefix = bytes.view(block.offset(), PREFIX_BYTES);
    boolean marked = prefix.getInt(0) == CONTINUATION;
    int skipped = marked ? PREFIX_BYTES : Integer.BYTES;
    int length = prefix.getInt(skipped - Integer.BYTES);
    if (length <= 0 || length > block.metaDataLength() - skipped) {
      throw broken(null);
    }
    return new Place(
        block.offset() + skipped,
        length,
        block.offset() + block.metaDataLength(),
        block.bodyLength());
  }

  /// The first message's flatbuffer.
  private static byte[] schema(ObjectBytes bytes) throws StorageException {
    ByteBuffer prefix = bytes.view(FIRST, PREFIX_BYTES);
    int skipped = prefix.getInt(0) == CONTINUATION ? PREFIX_BYTES : Integer.BYTES;
    int length = prefix.getInt(skipped - Integer.BYTES);
    byte[] message = copy(bytes.view(FIRST + skipped, length));
    if (Message.getRootAsMessage(little(message)).headerType() != MessageHeader.Schema) {
      throw StorageException.of(Kind.CORRUPT, "the object's file does not begin with its schema");
    }
    return message;
  }

  private static StorageException broken(@Nullable RuntimeException e) {
    String message = "the object's metadata contradicts itself";
    return e == null
        ? StorageException.of(Kind.CORRUPT, message)
        : StorageException.of(Kind.CORRUPT, message, e);
  }

  /// The schema's message: its flatbuffer alone.
  public ByteBuffer schema() {
    return ByteBuffer.wrap(schema).asReadOnlyBuffer();
  }

  /// The schema's message with the prefix of an encapsulated one.
  public ByteBuffer encapsulatedSchema() {
    return ByteBuffer.allocate(PREFIX_BYTES + schema.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(CONTINUATION)
        .putInt(schema.length)
        .put(schema)
        .flip();
  }

  /// Gives all messages behind the schema to `receiver`, in order.
  ///
  /// @throws StorageException CORRUPT; UNSUPPORTED for what cannot be cut and has more than 2 GiB
  public <E extends Exception> void send(Receiver<E> receiver) throws StorageException, E {
    for (Place place : dictionaries) {
      sendWhole(place, receiver);
    }
    for (Place place : batches) {
      if (place.bodyBytes() <= batchBytes) {
        sendWhole(place, receiver);
      } else {
        sendInParts(place, receiver);
      }
    }
  }

  private <E extends Exception> void sendWhole(Place place, Receiver<E> receiver)
      throws StorageException, E {
    if (place.bodyBytes() > BatchCutter.MESSAGE_BYTES_MAX) {
      throw StorageException.of(
          Kind.UNSUPPORTED,
          "a message of more than 2 GiB that cannot be cut: put the table in smaller batches");
    }
    ByteBuffer body = bytes.view(place.body(), place.bodyBytes());
    receiver.accept(new Part(bytes.view(place.metadata(), place.metadataBytes()), List.of(body)));
    bytes.unpin();
  }

  private <E extends Exception> void sendInParts(Place place, Receiver<E> receiver)
      throws StorageException, E {
    BatchCutter cutter = cutter(place);
    if (cutter == null) {
      sendWhole(place, receiver);
      return;
    }
    long rows = Math.max(1, cutter.rows() / Math.ceilDiv(place.bodyBytes(), batchBytes));
    long step = rows - (rows > BatchCutter.ROWS_STEP ? rows % BatchCutter.ROWS_STEP : 0);
    for (long from = 0; from < cutter.rows(); from += step) {
      sendRows(cutter, from, Math.min(step, cutter.rows() - from), receiver);
    }
  }

  /// Null for a batch that cannot be cut.
  private @Nullable BatchCutter cutter(Place place) throws StorageException {
    try {
      Message message =
          Message.getRootAsMessage(
              little(copy(bytes.view(place.metadata(), place.metadataBytes()))));
      if (!(message.header(new RecordBatch()) instanceof RecordBatch batch)) {
        throw broken(null);
      }
      BatchCutter cutter = new BatchCutter(bytes, fields, message.version(), batch, place.body());
      return cutter.canCut() ? cutter : null;
    } catch (RuntimeException e) {
      throw broken(e);
    }
  }

  private <E extends Exception> void sendRows(
      BatchCutter cutter, long from, long rows, Receiver<E> receiver) throws StorageException, E {
    Part part;
    try {
      part = cutter.cut(from, rows);
    } catch (RuntimeException e) {
      throw broken(e);
    }
    if (part == null) { // Its values are much longer than those of other rows.
      bytes.unpin();
      if (rows == 1) {
        throw StorageException.of(Kind.UNSUPPORTED, "a row of more than 2 GiB");
      }
      sendRows(cutter, from, rows / 2, receiver);
      sendRows(cutter, from + rows / 2, rows - rows / 2, receiver);
      return;
    }
    receiver.accept(part);
    bytes.unpin();
  }
}
