package io.gridset.arrow.ipc;

import com.google.flatbuffers.FlatBufferBuilder;
import io.gridset.arrow.system.Region;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.ipc.message.ArrowFooter;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.DictionaryUtility;

/// Writes batches of one schema as an IPC file into memory that the caller provides: how long the
/// file gets is known before a batch is written ([#bytesWith]), and each buffer is copied once, to
/// its final place. Strings and bytes that begin behind the start of their buffer, as a slice's do,
/// are written without what stands before them. Dictionaries stand before the first batch, inner
/// ones first, one for each id. For one thread.
public final class AlignedIpcWriter {
  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int LEAD_BYTES = 8;

  /// The end-of-stream marker, so that the file without its lead is a stream too.
  private static final int END_BYTES = 8;

  private final Schema schema;
  private final Schema written;
  private final DictionaryProvider dictionaries;
  private final List<Long> dictionaryIds;
  private final Map<Long, WrittenDictionary> dictionariesWritten = new HashMap<>();
  private final List<ArrowBlock> dictionaryBlocks = new ArrayList<>();
  private final List<ArrowBlock> batchBlocks = new ArrayList<>();
  private long position;
  private long rows;

  private record WrittenDictionary(ByteBuffer metadata, long body) {}

  /// @param schema as vectors have it: a field in dictionary form has its index type
  /// @throws IllegalArgumentException when `dictionaries` lacks one that the schema names
  public AlignedIpcWriter(Schema schema, DictionaryProvider dictionaries) {
    this.schema = schema;
    this.dictionaries = dictionaries;
    Set<Long> ids = new LinkedHashSet<>();
    List<Field> fields = new ArrayList<>();
    for (Field field : schema.getFields()) {
      collect(field, ids);
      fields.add(DictionaryUtility.toMessageFormat(field, dictionaries, new LinkedHashSet<>()));
    }
    this.dictionaryIds = List.copyOf(ids);
    this.written = new Schema(fields, schema.getCustomMetadata());
  }

  /// Ids of a field's dictionaries, those inside of others first.
  private void collect(Field field, Set<Long> ids) {
    for (Field child : field.getChildren()) {
      collect(child, ids);
    }
    DictionaryEncoding encoding = field.getDictionary();
    if (encoding != null && !ids.contains(encoding.getId())) {
      collect(values(encoding.getId()).getField(), ids);
      ids.add(encoding.getId());
    }
  }

  private FieldVector values(long id) {
    Dictionary dictionary = dictionaries.lookup(id);
    if (dictionary == null) {
      throw new IllegalArgumentException(
          "the schema names dictionary " + id + ", which the provider does not have");
    }
    return dictionary.getVector();
  }

  /// Takes references to what a batch consists of. Nothing may write to its vectors until it is
  /// written.
  ///
  /// @param soFar what was written until now
  /// @throws IllegalArgumentException when its schema is another, naming the first difference, or a
  ///   dictionary is not what it was at the first batch
  public PreparedBatch prepare(VectorSchemaRoot batch, Region soFar) {
    check(batch);
    List<IpcMessage> fresh = new ArrayList<>();
    try {
      for (long id : dictionaryIds) {
        IpcMessage dictionary = dictionary(id);
        WrittenDictionary before = dictionariesWritten.get(id);
        if (before == null) {
          fresh.add(dictionary);
        } else {
          try (dictionary) {
            checkUnchanged(id, dictionary, before, soFar);
          }
        }
      }
      return new PreparedBatch(
          fresh, IpcMessage.batch(schema.getFields(), unload(batch)), batch.getRowCount());
    } catch (RuntimeException e) {
      fresh.forEach(IpcMessage::close);
      throw e;
    }
  }

  private static void checkUnchanged(
      long id, IpcMessage now, WrittenDictionary before, Region soFar) {
    if (!now.metadata().equals(before.metadata()) || !now.matches(soFar, before.body())) {
      throw new IllegalArgumentException(
          "dictionary "
              + id
              + " is not what it was at the first batch: an object has one dictionary for each id;"
              + " encode all batches with the same");
    }
  }

  private IpcMessage dictionary(long id) {
    FieldVector values = values(id);
    // The root is not closed: that would release the caller's vector.
    VectorSchemaRoot root =
        new VectorSchemaRoot(List.of(values.getField()), List.of(values), values.getValueCount());
    return IpcMessage.dictionary(id, values.getField(), unload(root));
  }

  private static ArrowRecordBatch unload(VectorSchemaRoot root) {
    VectorUnloader unloader = new VectorUnloader(root, false, NoCompressionCodec.INSTANCE, false);
    try (ArrowRecordBatch uncounted = unloader.getRecordBatch()) {
      return new ArrowRecordBatch(
          uncounted.getLength(),
          NullCounts.of(root),
          uncounted.getBuffers(),
          uncounted.getBodyCompression(),
          uncounted.getVariadicBufferCounts(),
          false);
    }
  }

  private void check(VectorSchemaRoot batch) {
    List<Field> expected = schema.getFields();
    List<Field> actual = batch.getSchema().getFields();
    for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
      Field wanted = i < expected.size() ? expected.get(i) : null;
      Field found = i < actual.size() ? actual.get(i) : null;
      if (!Objects.equals(wanted, found)) {
        throw new IllegalArgumentException(
            "batch "
                + batchBlocks.size()
                + ": column "
                + i
                + " is "
                + (found == null ? "missing" : found)
                + "; the schema says "
                + (wanted == null ? "there is none" : wanted));
      }
    }
    for (FieldVector vector : batch.getFieldVectors()) {
      if (vector.getValueCount() != batch.getRowCount()) {
        throw new IllegalArgumentException(
            "column "
                + vector.getName()
                + " has "
                + vector.getValueCount()
                + " values in a batch of "
                + batch.getRowCount()
                + " rows");
      }
    }
  }

  /// Length of the file if it ended with this batch.
  public long bytesWith(PreparedBatch batch) {
    long end = start();
    for (IpcMessage dictionary : batch.dictionaries()) {
      end = dictionary.end(end);
    }
    end = batch.batch().end(end);
    ByteBuffer footer =
        footer(
            withUnknown(dictionaryBlocks, batch.dictionaries().size()),
            withUnknown(batchBlocks, 1));
    return end + tailBytes(footer);
  }

  private static List<ArrowBlock> withUnknown(List<ArrowBlock> blocks, int more) {
    List<ArrowBlock> all = new ArrayList<>(blocks);
    all.addAll(Collections.nCopies(more, new ArrowBlock(0, 0, 0)));
    return all;
  }

  /// Length of the file if it ended here.
  public long bytes() {
    return start() + tailBytes(footer(dictionaryBlocks, batchBlocks));
  }

  /// Bytes that stand so far, without what ends a file.
  public long position() {
    return position;
  }

  /// Rows of all batches written.
  public long rows() {
    return rows;
  }

  public int batches() {
    return batchBlocks.size();
  }

  /// Writes a batch that [#prepare] made last.
  ///
  /// @param region of at least [#bytesWith] bytes, with what was written before in it
  public void write(PreparedBatch batch, Region region) {
    begin(region);
    for (int i = 0; i < batch.dictionaries().size(); i++) {
      IpcMessage dictionary = batch.dictionaries().get(i);
      ArrowBlock block = write(dictionary, region);
      dictionaryBlocks.add(block);
      dictionariesWritten.put(
          dictionaryIds.get(i),
          new WrittenDictionary(
              dictionary.metadata(), block.getOffset() + block.getMetadataLength()));
    }
    batchBlocks.add(write(batch.batch(), region));
    rows += batch.rows();
  }

  private ArrowBlock write(IpcMessage message, Region region) {
    message.write(region, position);
    ArrowBlock block =
        new ArrowBlock(position, message.metadataBytes(position), message.bodyBytes());
    position = message.end(position);
    return block;
  }

  /// Ends the file; this writer is of no more use.
  ///
  /// @return its length, which is what [#bytes] said
  public long finish(Region region) {
    begin(region);
    ByteBuffer footer = footer(dictionaryBlocks, batchBlocks);
    ByteBuffer tail = ByteBuffer.allocate(tailBytes(footer)).order(ByteOrder.LITTLE_ENDIAN);
    tail.putInt(0xffff_ffff).putInt(0);
    tail.put(footer.duplicate());
    tail.putInt(footer.remaining()).put(MAGIC).flip();
    region.write(position, tail);
    return position + tail.remaining();
  }

  /// Where the next message begins.
  private long start() {
    return position == 0 ? IpcMessage.schema(written).end(LEAD_BYTES) : position;
  }

  private void begin(Region region) {
    if (position == 0) {
      region.zero(0, LEAD_BYTES);
      region.write(0, ByteBuffer.wrap(MAGIC));
      IpcMessage first = IpcMessage.schema(written);
      first.write(region, LEAD_BYTES);
      position = first.end(LEAD_BYTES);
    }
  }

  private ByteBuffer footer(List<ArrowBlock> ofDictionaries, List<ArrowBlock> ofBatches) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    builder.finish(new ArrowFooter(written, ofDictionaries, ofBatches).writeTo(builder));
    return builder.dataBuffer();
  }

  private static int tailBytes(ByteBuffer footer) {
    return END_BYTES + footer.remaining() + Integer.BYTES + MAGIC.length;
  }
}
