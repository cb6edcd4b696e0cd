package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the batches of a schema must consist of: the nodes and buffers of its fields in depth-first
/// order, each buffer long enough for the values that its node announces. Readers that take the
/// buffers as they are would otherwise look beyond them.
///
/// @see <a
///   href="https://arrow.apache.org/docs/format/Columnar.html#buffer-listing-for-each-layout">
///   buffers of each layout</a>
final class BatchLayout {
  private static final int NODE_BYTES = 16;
  private static final int BUFFER_BYTES = 16;

  /// More than any memory holds, and few enough to count with.
  private static final long MOST_VALUES = 1L << 48;

  private final List<ArrowField> fields;
  private final Map<Long, ArrowField> dictionaries = new HashMap<>();

  BatchLayout(List<ArrowField> fields) {
    this.fields = fields;
    collect(fields);
  }

  private void collect(List<ArrowField> some) {
    for (ArrowField field : some) {
      ArrowField.Dictionary dictionary = field.dictionary();
      if (dictionary != null) {
        dictionaries.put(dictionary.id(), field);
      }
      collect(field.children());
    }
  }

  /// Checks a record batch; returns its rows.
  long checkRows(FlatTable batch, long body) throws StorageException {
    Walk walk = new Walk(batch, body);
    for (ArrowField field : fields) {
      walk.column(field, walk.rows);
    }
    walk.end();
    return walk.rows;
  }

  /// Checks the values of a dictionary; returns how many there are.
  long checkDictionary(long id, FlatTable batch, long body) throws StorageException {
    ArrowField field = dictionaries.get(id);
    if (field == null) {
      throw IpcFile.invalid("a dictionary that no field refers to");
    }
    Walk walk = new Walk(batch, body);
    walk.values(field, walk.rows);
    walk.end();
    return walk.rows;
  }

  /// One batch: nodes and buffers are taken in order.
  private static final class Walk {
    private final FlatTable.Elements nodes;
    private final FlatTable.Elements buffers;
    private final FlatTable.Elements variadic;
    private final long body;
    private final long rows;
    private int node;
    private int buffer;
    private int views;

    Walk(FlatTable batch, long body) throws StorageException {
      this.rows = batch.longAt(0, 0);
      this.nodes = batch.elementsAt(1, NODE_BYTES);
      this.buffers = batch.elementsAt(2, BUFFER_BYTES);
      this.variadic = batch.elementsAt(4, Long.BYTES);
      this.body = body;
      if (rows < 0 || rows > MOST_VALUES) {
        throw IpcFile.invalid("a batch of " + rows + " rows");
      }
      if (batch.tableAt(3) != null) {
        throw IpcFile.invalid("its buffers are compressed; write it without compression");
      }
    }

    void end() throws StorageException {
      if (node != nodes.count() || buffer != buffers.count() || views != variadic.count()) {
        throw IpcFile.invalid("a batch has more columns than the schema");
      }
    }

    /// A field as a record batch has it; `least` values are announced by what it is nested in.
    void column(ArrowField field, long least) throws StorageException {
      ArrowField.Dictionary dictionary = field.dictionary();
      if (dictionary == null) {
        values(field, least);
      } else {
        long count = node(least);
        validity(count);
        buffer(bytesOf(count, dictionary.indexBits()));
      }
    }

    void values(ArrowField field, long least) throws StorageException {
      long count = node(least);
      switch (field.type()) {
        case ArrowField.NULL -> {}
        case ArrowField.STRUCT -> {
          validity(count);
          children(field, count);
        }
        case ArrowField.FIXED_SIZE_LIST -> {
          validity(count);
          children(field, count * field.width());
        }
        case ArrowField.SPARSE_UNION -> {
          buffer(count);
          children(field, count);
        }
        case ArrowField.DENSE_UNION -> {
          buffer(count);
          buffer(count * Integer.BYTES);
          children(field, 0);
        }
        case ArrowField.RUN_END_ENCODED -> children(field, 0);
        case ArrowField.LIST, ArrowField.MAP -> offsets(field, count, Integer.BYTES);
        case ArrowField.LARGE_LIST -> offsets(field, count, Long.BYTES);
        case ArrowField.LIST_VIEW -> listView(field, count, Integer.BYTES);
        case ArrowField.LARGE_LIST_VIEW -> listView(field, count, Long.BYTES);
        case ArrowField.BINARY, ArrowField.UTF8 -> texts(field, count, Integer.BYTES);
        case ArrowField.LARGE_BINARY, ArrowField.LARGE_UTF8 -> texts(field, count, Long.BYTES);
        case ArrowField.BINARY_VIEW, ArrowField.UTF8_VIEW -> {
          fixed(field, count);
          variadicBuffers();
        }
        default -> fixed(field, count);
      }
    }

    private void children(ArrowField field, long least) throws StorageException {
      for (ArrowField child : field.children()) {
        column(child, least);
      }
    }

    private void fixed(ArrowField field, long count) throws StorageException {
      validity(count);
      buffer(bytesOf(count, field.width()));
    }

    private void offsets(ArrowField field, long count, int width) throws StorageException {
      validity(count);
      buffer(count == 0 ? 0 : (count + 1) * width);
      children(field, 0);
    }

    private void listView(ArrowField field, long count, int width) throws StorageException {
      validity(count);
      buffer(count * width);
      buffer(count * width);
      children(field, 0);
    }

    private void texts(ArrowField field, long count, int width) throws StorageException {
      offsets(field, count, width);
      buffer(0);
    }

    private void variadicBuffers() throws StorageException {
      if (views == variadic.count()) {
        throw IpcFile.invalid("a batch of views does not tell how many buffers they have");
      }
      long count = variadic.longAt(views++, 0);
      for (long i = 0; i < count; i++) {
        buffer(0);
      }
    }

    /// The next node; returns how many values it announces.
    private long node(long least) throws StorageException {
      if (node == nodes.count()) {
        throw IpcFile.invalid("a batch has fewer columns than the schema");
      }
      long count = nodes.longAt(node, 0);
      long nulls = nodes.longAt(node, 8);
      node++;
      if (count < least || count > MOST_VALUES || nulls > count) {
        throw IpcFile.invalid("a column announces " + count + " values, it needs " + least);
      }
      return count;
    }

    /// A column without nulls may leave it out.
    private void validity(long count) throws StorageException {
      long nulls = nodes.longAt(node - 1, 8);
      buffer(nulls <= 0 ? 0 : bytesOf(count, 1));
    }

    /// The next buffer, of at least `least` bytes within the body.
    private void buffer(long least) throws StorageException {
      if (buffer == buffers.count()) {
        throw IpcFile.invalid("a batch has fewer buffers than its columns need");
      }
      long offset = buffers.longAt(buffer, 0);
      long length = buffers.longAt(buffer, 8);
      buffer++;
      if (offset < 0 || length < 0 || offset > body || length > body - offset) {
        throw IpcFile.invalid("a buffer reaches beyond its body");
      }
      if (length < least) {
        throw IpcFile.invalid("a buffer of " + length + " bytes for " + least + " of values");
      }
    }

    private static long bytesOf(long count, long bits) throws StorageException {
      if (bits < 0 || (bits > 0 && count > Long.MAX_VALUE / bits)) {
        throw IpcFile.invalid("values of " + bits + " bits");
      }
      return Math.ceilDiv(count * bits, 8);
    }
  }
}
