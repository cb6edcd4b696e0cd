package io.gridset.arrow.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/// A CSV file (RFC 4180, UTF-8) with names in its first line. It is read twice: first to find each
/// column's type, the narrowest of bool, int64, double, date and string that all its values have,
/// then for the values. An empty field is null. Arrow has no CSV reader for Java but the native one
/// of arrow-dataset.
final class CsvSource implements BatchSource {
  private static final int BATCH_ROWS = 1 << 16;

  private final Path file;
  private final List<CsvColumn> columns;
  private final VectorSchemaRoot root;
  private final BufferedReader text;
  private final CsvRecords records;

  private CsvSource(
      Path file, List<CsvColumn> columns, BufferedReader text, BufferAllocator allocator)
      throws IOException {
    this.file = file;
    this.columns = columns;
    this.text = text;
    this.records = new CsvRecords(file, text);
    records.next();
    List<Field> fields = columns.stream().map(CsvColumn::field).toList();
    this.root = VectorSchemaRoot.create(new Schema(fields), allocator);
  }

  /// @throws IOException naming the line that is broken or has another number of fields
  static CsvSource open(Path file, BufferAllocator allocator) throws IOException {
    List<CsvColumn> columns = inferred(file);
    BufferedReader text = Files.newBufferedReader(file);
    try {
      return new CsvSource(file, columns, text, allocator);
    } catch (IOException | RuntimeException e) {
      text.close();
      throw e;
    }
  }

  private static List<CsvColumn> inferred(Path file) throws IOException {
    List<CsvColumn> columns = new ArrayList<>();
    try (BufferedReader text = Files.newBufferedReader(file)) {
      CsvRecords records = new CsvRecords(file, text);
      List<String> names = records.next();
      if (names == null) {
        throw new IOException(file + " is empty: a CSV file has its columns' names in line 1");
      }
      names.forEach(name -> columns.add(new CsvColumn(name)));
      for (List<String> row = records.next(); row != null; row = records.next()) {
        if (row.size() != columns.size()) {
          throw new IOException(
              file
                  + ", line "
                  + records.line()
                  + ": "
                  + row.size()
                  + " fields where line 1 names "
                  + columns.size());
        }
        for (int i = 0; i < row.size(); i++) {
          columns.get(i).see(row.get(i));
        }
      }
    }
    return columns;
  }

  @Override
  public Schema schema() {
    return root.getSchema();
  }

  @Override
  public DictionaryProvider dictionaries() {
    return new DictionaryProvider.MapDictionaryProvider();
  }

  @Override
  public @Nullable VectorSchemaRoot next() throws IOException {
    root.clear();
    root.getFieldVectors().forEach(FieldVector::allocateNew);
    int rows = 0;
    while (rows < BATCH_ROWS) {
      List<String> row = records.next();
      if (row == null) {
        break;
      }
      if (row.size() != columns.size()) {
        throw new IOException(file + " was changed while it was read");
      }
      for (int i = 0; i < columns.size(); i++) {
        columns.get(i).set(root.getVector(i), rows, row.get(i));
      }
      rows++;
    }
    root.setRowCount(rows);
    return rows == 0 ? null : root;
  }

  @Override
  public void close() throws IOException {
    root.close();
    text.close();
  }
}
