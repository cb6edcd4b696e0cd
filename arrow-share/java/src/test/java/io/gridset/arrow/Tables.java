package io.gridset.arrow;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/// What tests make of tables and ask of them.
public final class Tables {
  private Tables() {}

  /// Columns `id` (0, 1, 2 …, from `first`) and `text`.
  public static VectorSchemaRoot numbered(BufferAllocator allocator, long first, int rows) {
    BigIntVector ids = new BigIntVector("id", allocator);
    VarCharVector texts = new VarCharVector("text", allocator);
    ids.allocateNew(rows);
    for (int i = 0; i < rows; i++) {
      ids.set(i, first + i);
      if (i % 3 != 0) {
        texts.setSafe(i, ("row " + (first + i)).getBytes(StandardCharsets.UTF_8));
      }
    }
    ids.setValueCount(rows);
    texts.setValueCount(rows);
    return new VectorSchemaRoot(List.of(ids, texts));
  }

  /// All values of a column as text, which says more than `equals` when they differ.
  public static List<String> values(FieldVector vector) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < vector.getValueCount(); i++) {
      Object value = vector.getObject(i);
      values.add(
          value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : String.valueOf(value));
    }
    return values;
  }

  public static List<List<String>> values(VectorSchemaRoot root) {
    return root.getFieldVectors().stream().map(Tables::values).toList();
  }

  /// Calls `seen` with each buffer of some bytes under a vector, and the column's name.
  static void buffers(FieldVector vector, BiConsumer<String, ArrowBuf> seen) {
    for (ArrowBuf buffer : vector.getFieldBuffers()) {
      if (buffer.capacity() > 0) {
        seen.accept(vector.getField().toString(), buffer);
      }
    }
    vector.getChildrenFromFields().forEach(child -> buffers(child, seen));
  }

  /// Bytes that are mapped for the validity of columns without nulls, which files leave out.
  static long mappedOnes() {
    return mappings("gridset-ones").stream().mapToLong(range -> range[1] - range[0]).sum();
  }

  /// Address ranges of the mappings of this process whose file's path contains `part`.
  public static List<long[]> mappings(String part) {
    try {
      List<long[]> ranges = new ArrayList<>();
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        if (line.contains(part)) {
          String[] range = line.substring(0, line.indexOf(' ')).split("-");
          ranges.add(
              new long[] {
                Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16)
              });
        }
      }
      return ranges;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
