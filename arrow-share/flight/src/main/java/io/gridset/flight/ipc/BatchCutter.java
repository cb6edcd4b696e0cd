package io.gridset.flight.ipc;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.DictionaryEncoding;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.Int;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.flatbuf.Union;
import org.apache.arrow.flatbuf.UnionMode;
import org.jspecify.annotations.Nullable;

/// Cuts rows out of a batch. Values stay where they are; copied are offsets and views that have to
/// begin anew, and validity that does not begin with a byte. For one thread.
///
/// @see <a href="https://arrow.apache.org/docs/format/Columnar.html">Columnar format</a>
final class BatchCutter {
  /// What one message may hold: protocol buffers measure in signed 32 bits.
  static final long MESSAGE_BYTES_MAX = Integer.MAX_VALUE - (1L << 20);

  /// Cuts at multiples of it need no validity to be copied.
  static final int ROWS_STEP = 64;

  private static final int VIEW_BYTES = 16;

  /// A longer value of a column of views stands in another buffer.
  private static final int VIEW_INLINE_BYTES = 12;

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BatchMetadata.ALIGNMENT);

  private final ObjectBytes bytes;
  private final Schema schema;
  private final short version;
  private final RecordBatch batch;
  private final long rows;
  private final long body;
  private int node;
  private int buffer;
  private int views;
  private BatchMetadata metadata = new BatchMetadata();
  private List<ByteBuffer> parts = new ArrayList<>();

  /// Memory for what has to be copied: that of one cut is used again by the next.
  private final List<ByteBuffer> scratch = new ArrayList<>();

  private int scratchUsed;

  /// @param body where the batch's body begins in the file
  BatchCutter(ObjectBytes bytes, Schema schema, short version, RecordBatch batch, long body) {
    this.bytes = bytes;
    this.schema = schema;
    this.version = version;
    this.batch = batch;
    this.rows = batch.length();
    this.body = body;
  }

  /// Rows that the batch has.
  long rows() {
    return rows;
  }

  /// Whether rows of all columns can be told apart here: not those of list views, dense unions and
  /// runs.
  boolean canCut() {
    for (int i = 0; i < schema.fieldsLength(); i++) {
      if (!canCut(schema.fields(i))) {
        return false;
      }
    }
    return version == MetadataVersion.V5;
  }

  private static boolean canCut(Field field) {
    switch (field.typeType()) {
      case Type.ListView, Type.LargeListView, Type.RunEndEncoded -> {
        return false;
      }
      case Type.Union -> {
        if (((Union) field.type(new Union())).mode() == UnionMode.Dense) {
          return false;
        }
      }
      default -> {}
    }
    for (int i = 0; i < field.childrenLength(); i++) {
      if (!canCut(field.children(i))) {
        return false;
      }
    }
    return true;
  }

  /// A batch of `rows` rows from row `from` on; null when it is too long for a message.
  ///
  /// @throws StorageException CORRUPT when offsets or views point outside of their values
  IpcTable.@Nullable Part cut(long from, long rows) throws StorageException {
    node = 0;
    buffer = 0;
    views = 0;
    scratchUsed = 0;
    metadata = new BatchMetadata();
    parts = new ArrayList<>();
    for (int i = 0; i < schema.fieldsLength(); i++) {
      column(schema.fields(i), from, rows);
    }
    long length = metadata.bodyBytes();
    return length > MESSAGE_BYTES_MAX
        ? null
        : new IpcTable.Part(metadata.message(version, rows, length), parts);
  }

  private void column(Field field, long from, long rows) throws StorageException {
    FieldNode own = batch.nodes(node++);
    if (from < 0 || from + rows > own.length()) {
      throw corrupt("rows");
    }
    DictionaryEncoding dictionary = field.dictionary();
    if (dictionary != null) {
      Int index = dictionary.indexType();
      validity(own, from, rows);
      fixed(index == null ? Integer.SIZE : index.bitWidth(), from, rows);
      return;
    }
    switch (field.typeType()) {
      case Type.Null -> metadata.node(rows, rows);
      case Type.Utf8, Type.Binary -> texts(own, Integer.BYTES, from, rows);
      case Type.LargeUtf8, Type.LargeBinary -> texts(own, Long.BYTES, from, rows);
      case Type.List, Type.Map -> list(field, own, Integer.BYTES, new Rows(from, rows));
      case Type.LargeList -> list(field, own, Long.BYTES, new Rows(from, rows));
      case Type.FixedSizeList -> {
        validity(own, from, rows);
        long size = ((FixedSizeList) field.type(new FixedSizeList())).listSize();
        column(field.children(0), from * size, rows * size);
      }
      case Type.Struct_ -> {
        validity(own, from, rows);
        children(field, from, rows);
      }
      case Type.Union -> {
        metadata.node(rows, 0);
        fixed(Byte.SIZE, from, rows);
        children(field, from, rows);
      }
      case Type.Utf8View, Type.BinaryView -> views(own, from, rows);
      default -> {
        validity(own, from, rows);
        fixed(FixedWidth.bits(field), from, rows);
      }
    }
  }

  private record Rows(long from, long count) {}

  private void children(Field field, long from, long rows) throws StorageException {
    for (int i = 0; i < field.childrenLength(); i++) {
      column(field.children(i), from, rows);
    }
  }

  private void validity(FieldNode own, long from, long rows) throws StorageException {
    Buffer bits = batch.buffers(buffer++);
    if (own.nullCount() == 0 || bits.length() == 0) {
      metadata.node(rows, 0);
      add(EMPTY);
      return;
    }
    ByteBuffer cut = bits(bits, from, rows);
    long nulls = rows - Bits.count(cut, rows);
    metadata.node(rows, nulls);
    add(nulls == 0 ? EMPTY : cut);
  }

  private ByteBuffer bits(Buffer from, long first, long count) throws StorageException {
    long start = first / Byte.SIZE;
    ByteBuffer view = view(from, start, Math.ceilDiv(first + count, Byte.SIZE) - start);
    int shift = (int) (first % Byte.SIZE);
    return shift == 0 ? view : Bits.shifted(view, shift, scratch(Math.ceilDiv(count, Byte.SIZE)));
  }

  private ByteBuffer scratch(long length) {
    int index = scratchUsed++;
    ByteBuffer memory = index < scratch.size() ? scratch.get(index) : EMPTY;
    if (memory.capacity() < length) {
      memory = ByteBuffer.allocateDirect(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
      if (index < scratch.size()) {
        scratch.set(index, memory);
      } else {
        scratch.add(memory);
      }
    }
    return memory.slice(0, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void fixed(int bitsEach, long from, long rows) throws StorageException {
    Buffer values = batch.buffers(buffer++);
    add(
        bitsEach == 1
            ? bits(values, from, rows)
            : view(values, from * bitsEach / Byte.SIZE, rows * bitsEach / Byte.SIZE));
  }

  private void texts(FieldNode own, int width, long from, long rows) throws StorageException {
    validity(own, from, rows);
    Rows values = offsets(width, from, rows);
    Buffer data = batch.buffers(buffer++);
    add(view(data, values.from(), values.count()));
  }

  private void list(Field field, FieldNode own, int width, Rows rows) throws StorageException {
    validity(own, rows.from(), rows.count());
    Rows values = offsets(width, rows.from(), rows.count());
    column(field.children(0), values.from(), values.count());
  }

  /// Offsets that begin with 0; returns what they point to.
  private Rows offsets(int width, long from, long rows) throws StorageException {
    Buffer offsets = batch.buffers(buffer++);
    if (rows == 0) {
      add(ZEROS.slice(0, width));
      return new Rows(0, 0);
    }
    ByteBuffer view = view(offsets, from * width, (rows + 1) * width);
    long first = offset(view, 0, width);
    long count = offset(view, (int) rows, width) - first;
    if (first < 0 || count < 0) {
      throw corrupt("offsets");
    }
    add(first == 0 ? view : rebased(view, width, first));
    return new Rows(first, count);
  }

  private static long offset(ByteBuffer offsets, int index, int width) {
    return width == Integer.BYTES
        ? offsets.getInt(index * Integer.BYTES)
        : offsets.getLong(index * Long.BYTES);
  }

  private ByteBuffer rebased(ByteBuffer offsets, int width, long first) {
    ByteBuffer copy = scratch(offsets.remaining());
    for (int i = 0; i < offsets.remaining() / width; i++) {
      if (width == Integer.BYTES) {
        copy.putInt((int) (offsets.getInt(i * Integer.BYTES) - first));
      } else {
        copy.putLong(offsets.getLong(i * Long.BYTES) - first);
      }
    }
    return copy.flip();
  }

  /// A column of views with as much of each of its buffers as they need.
  private void views(FieldNode own, long from, long rows) throws StorageException {
    Buffer bits = batch.buffers(buffer);
    @Nullable ByteBuffer valid =
        own.nullCount() == 0 || bits.length() == 0 ? null : bits(bits, from, rows);
    validity(own, from, rows);
    ByteBuffer all = view(batch.buffers(buffer++), from * VIEW_BYTES, rows * VIEW_BYTES);
    int count = Math.toIntExact(batch.variadicBufferCounts(views++));
    long[] starts = new long[count];
    long[] ends = new long[count];
    Arrays.fill(starts, Long.MAX_VALUE);
    ByteBuffer copy = scratch(all.remaining());
    copy.put(all.duplicate()).flip();
    for (int i = 0; i < rows; i++) {
      int at = i * VIEW_BYTES;
      int length = all.getInt(at);
      if (valid != null && !Bits.at(valid, i)) {
        copy.putLong(at, 0).putLong(at + Long.BYTES, 0); // Whatever it said.
      } else if (length > VIEW_INLINE_BYTES) {
        int number = all.getInt(at + 8);
        int start = all.getInt(at + 12);
        starts[number] = Math.min(starts[number], start);
        ends[number] = Math.max(ends[number], (long) start + length);
      }
    }
    for (int i = 0; i < rows; i++) {
      int at = i * VIEW_BYTES;
      if (copy.getInt(at) > VIEW_INLINE_BYTES) {
        copy.putInt(at + 12, (int) (copy.getInt(at + 12) - starts[copy.getInt(at + 8)]));
      }
    }
    add(copy);
    metadata.variadic(count);
    for (int i = 0; i < count; i++) {
      long start = Math.min(starts[i], ends[i]);
      add(view(batch.buffers(buffer++), start, ends[i] - start));
    }
  }

  private void add(ByteBuffer part) {
    long length = part.remaining();
    metadata.buffer(length);
    parts.add(part);
    int padding = (int) (BatchMetadata.aligned(length) - length);
    if (padding > 0) {
      parts.add(ZEROS.slice(0, padding));
    }
  }

  private ByteBuffer view(Buffer of, long start, long length) throws StorageException {
    if (start < 0 || length < 0 || start > of.length() - length) {
      throw corrupt("values");
    }
    return bytes.view(body + of.offset() + start, length);
  }

  private static StorageException corrupt(String what) {
    return StorageException.of(
        Kind.CORRUPT, "the object's bytes contradict themselves: " + what + " outside of a column");
  }
}
