package io.gridset.core.object;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Writes Arrow IPC files without Arrow: one column `x` of int64, values from a seed.
public final class TestingIpc {
  private static final short VERSION = 4;
  private static final int ALIGNMENT = 64;

  private final ByteBuffer out;
  private final List<long[]> blocks = new ArrayList<>();

  private TestingIpc(int rows, int batches) {
    this.out = ByteBuffer.allocate(2048 + rows * 8 + batches * 1024).order(ByteOrder.LITTLE_ENDIAN);
  }

  /// A file with a batch of each of these numbers of rows.
  public static byte[] numbers(long seed, int... rowsOfBatches) {
    int rows = 0;
    for (int some : rowsOfBatches) {
      rows += some;
    }
    return new TestingIpc(rows, rowsOfBatches.length).write(seed, rowsOfBatches);
  }

  /// A file of at least `bytes` bytes and at most two KiB more.
  public static byte[] ofSize(long seed, int bytes) {
    return numbers(seed, Math.ceilDiv(bytes, 8));
  }

  private byte[] write(long seed, int... rowsOfBatches) {
    SplittableRandom random = new SplittableRandom(seed);
    Table integer = new Table(64, (byte) 1);
    Table field = new Table("x", (byte) 1, (byte) 2, integer, null, List.of());
    Table schema = new Table((short) 0, List.of(field));
    out.put("ARROW1\0\0".getBytes(US_ASCII));
    message((byte) 1, schema, 0);
    for (int rows : rowsOfBatches) {
      long body = Math.ceilDiv(rows * 8L, ALIGNMENT) * ALIGNMENT;
      Table batch =
          new Table(
              (long) rows, new long[][] {{rows, 0}}, new long[][] {{0, 0}, {0, rows * 8L}}, null);
      int offset = out.position();
      int metadata = message((byte) 3, batch, body);
      blocks.add(new long[] {offset, metadata, body});
      for (int i = 0; i < rows; i++) {
        out.putLong(random.nextLong());
      }
      pad(out.position(), ALIGNMENT);
    }
    out.putInt(-1).putInt(0);
    byte[] footer =
        new Flat().root(new Table(VERSION, schema, new long[0][], blocks.toArray(long[][]::new)));
    out.put(footer).putInt(footer.length).put("ARROW1".getBytes(US_ASCII));
    byte[] file = new byte[out.position()];
    out.get(0, file);
    return file;
  }

  /// Returns its length with all that stands before the body.
  private int message(byte kind, Table header, long body) {
    int start = out.position();
    byte[] flat = new Flat().root(new Table(VERSION, kind, header, body));
    int length = Math.ceilDiv(start + 8 + flat.length, ALIGNMENT) * ALIGNMENT - start;
    out.putInt(-1).putInt(length - 8).put(flat);
    pad(out.position(), ALIGNMENT);
    return length;
  }

  private void pad(int from, int alignment) {
    out.put(new byte[Math.ceilDiv(from, alignment) * alignment - from]);
  }

  /// A flatbuffer's table: numbers, texts, tables, lists of tables, structs of longs, or nothing.
  private record Table(@Nullable Object... fields) {}

  /// Writes a flatbuffer front to back.
  private static final class Flat {
    private final ByteBuffer flat = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private int end = 4;

    byte[] root(Table table) {
      flat.putInt(0, table(table));
      byte[] bytes = new byte[end];
      flat.get(0, bytes);
      return bytes;
    }

    private int table(Table table) {
      @Nullable Object[] fields = table.fields;
      int slots = align(2);
      end = slots + 4 + 2 * fields.length;
      int start = align(8);
      end = start + 4;
      int[] places = new int[fields.length];
      for (int i = 0; i < fields.length; i++) {
        Object field = fields[i];
        if (field != null) {
          int size = size(field);
          places[i] = align(size);
          end = places[i] + size;
          scalar(places[i], field);
          flat.putShort(slots + 4 + 2 * i, (short) (places[i] - start));
        }
      }
      flat.putShort(slots, (short) (4 + 2 * fields.length));
      flat.putShort(slots + 2, (short) (end - start));
      flat.putInt(start, start - slots);
      for (int i = 0; i < fields.length; i++) {
        int child = reference(fields[i]);
        if (child != 0) {
          flat.putInt(places[i], child - places[i]);
        }
      }
      return start;
    }

    private static int size(Object field) {
      return switch (field) {
        case Byte _ -> 1;
        case Short _ -> 2;
        case Long _ -> 8;
        default -> 4;
      };
    }

    private void scalar(int at, Object field) {
      switch (field) {
        case Byte value -> flat.put(at, value);
        case Short value -> flat.putShort(at, value);
        case Integer value -> flat.putInt(at, value);
        case Long value -> flat.putLong(at, value);
        default -> {}
      }
    }

    private int reference(@Nullable Object field) {
      return switch (field) {
        case String text -> text(text);
        case Table table -> table(table);
        case List<?> tables -> tables(tables);
        case long[][] structs -> structs(structs);
        case null, default -> 0;
      };
    }

    private int text(String text) {
      byte[] bytes = text.getBytes(UTF_8);
      int start = align(4);
      flat.putInt(start, bytes.length).put(start + 4, bytes);
      end = start + 4 + bytes.length + 1;
      return start;
    }

    private int tables(List<?> tables) {
      int start = align(4);
      flat.putInt(start, tables.size());
      end = start + 4 + 4 * tables.size();
      for (int i = 0; i < tables.size(); i++) {
        int slot = start + 4 + 4 * i;
        flat.putInt(slot, table((Table) tables.get(i)) - slot);
      }
      return start;
    }

    private int structs(long[][] structs) {
      end += 4;
      int start = align(8) - 4;
      flat.putInt(start, structs.length);
      end = start + 4;
      for (long[] struct : structs) {
        for (long word : struct) {
          flat.putLong(end, word);
          end += 8;
        }
      }
      return start;
    }

    private int align(int alignment) {
      end = Math.ceilDiv(end, alignment) * alignment;
      return end;
    }
  }
}
