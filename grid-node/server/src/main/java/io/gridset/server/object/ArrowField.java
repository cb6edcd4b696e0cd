package io.gridset.server.object;

import io.gridset.core.store.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A field of an Arrow schema, as far as its batches' layout and its description need it.
///
/// @param type number in the union `Type`
/// @param dictionary whose values the field refers to; null when it holds its values itself
/// @param width bits of a value where that is fixed, values of a list where that is; else 0
/// @param label the type as Arrow C++ prints it, without what is nested in it
/// @see <a href="https://github.com/apache/arrow/blob/main/format/Schema.fbs">Schema.fbs</a>
record ArrowField(
    String name,
    int type,
    @Nullable Dictionary dictionary,
    long width,
    String label,
    List<ArrowField> children) {
  /// @param indexBits width of the indices
  /// @param indices their type
  record Dictionary(long id, int indexBits, String indices) {}

  static final int NULL = 1;
  static final int BINARY = 4;
  static final int UTF8 = 5;
  static final int BOOL = 6;
  static final int TIMESTAMP = 10;
  static final int LIST = 12;
  static final int STRUCT = 13;
  static final int SPARSE_UNION = 14;
  static final int FIXED_SIZE_LIST = 16;
  static final int MAP = 17;
  static final int LARGE_BINARY = 19;
  static final int LARGE_UTF8 = 20;
  static final int LARGE_LIST = 21;
  static final int RUN_END_ENCODED = 22;
  static final int BINARY_VIEW = 23;
  static final int UTF8_VIEW = 24;
  static final int LIST_VIEW = 25;
  static final int LARGE_LIST_VIEW = 26;

  /// Not a number of the format: a union whose children have their own lengths.
  static final int DENSE_UNION = -14;

  private static final int DEEPEST = 64;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final String[] UNITS = {"s", "ms", "us", "ns"};
  private static final String[] INTERVALS = {"month", "day_time", "month_day_nano"};
  private static final int[] INTERVAL_BITS = {32, 64, 128};

  /// Bytes of metadata that a field takes at least.
  private static final int LEAST_BYTES = 16;

  /// Reads the fields of a schema table in a buffer of `bytes` bytes. Only tables and texts that
  /// are used more than once can ask for more than the buffer has room for; that is refused.
  static List<ArrowField> of(FlatTable schema, int bytes) throws StorageException {
    if (schema.shortAt(0, 0) != 0) {
      throw IpcFile.invalid("big-endian data is not taken");
    }
    return new Reader(bytes).fields(schema.elementsAt(1, 4), 1);
  }

  /// Appends `name: type`, up to a length of `most`.
  void describe(StringBuilder text, int most) {
    if (text.length() >= most) {
      return;
    }
    text.append(name).append(": ");
    if (dictionary != null) {
      text.append("dictionary<values=");
    }
    int bracket = label.indexOf('[');
    String head = bracket < 0 || children.isEmpty() ? label : label.substring(0, bracket);
    text.append(head);
    String separator = "<";
    for (ArrowField child : children) {
      text.append(separator);
      child.describe(text, most);
      separator = ", ";
      if (text.length() >= most) {
        return;
      }
    }
    text.append(children.isEmpty() ? "" : ">").append(label.substring(head.length()));
    if (dictionary != null) {
      text.append(", indices=").append(dictionary.indices()).append('>');
    }
  }

  private static final class Reader {
    private int left;
    private int textLeft;

    Reader(int bytes) {
      this.left = bytes / LEAST_BYTES;
      this.textLeft = bytes;
    }

    List<ArrowField> fields(FlatTable.Elements tables, int depth) throws StorageException {
      if (depth > DEEPEST) {
        throw IpcFile.invalid("types nested deeper than " + DEEPEST);
      }
      left -= tables.count();
      if (left < 0) {
        throw IpcFile.invalid("more fields than its metadata has room for");
      }
      List<ArrowField> fields = new ArrayList<>(tables.count());
      for (int i = 0; i < tables.count(); i++) {
        fields.add(field(tables.tableAt(i), depth));
      }
      return fields;
    }

    private ArrowField field(FlatTable table, int depth) throws StorageException {
      List<ArrowField> children = fields(table.elementsAt(5, 4), depth + 1);
      FlatTable type = table.tableAt(3);
      if (type == null) {
        throw IpcFile.invalid("a field without a type");
      }
      int number = table.byteAt(2);
      if (number == SPARSE_UNION && type.shortAt(0, 0) == 1) {
        number = DENSE_UNION;
      }
      return new ArrowField(
          text(table, 0),
          number,
          dictionary(table.tableAt(4)),
          width(number, type),
          number == TIMESTAMP ? timestamp(type) : label(number, type),
          children);
    }

    private String timestamp(FlatTable type) throws StorageException {
      String zone = text(type, 1);
      return "timestamp[" + unit(type, 0) + (zone.isEmpty() ? "]" : ", tz=" + zone + "]");
    }

    /// A name may be any text; in a description a line stays a line.
    private String text(FlatTable table, int field) throws StorageException {
      String text = table.textAt(field);
      textLeft -= text.length();
      if (textLeft < 0) {
        throw IpcFile.invalid("more names than its metadata has room for");
      }
      return CONTROL.matcher(text.replace("\n", "\\n")).replaceAll("?");
    }
  }

  private static @Nullable Dictionary dictionary(@Nullable FlatTable encoding)
      throws StorageException {
    if (encoding == null) {
      return null;
    }
    FlatTable index = encoding.tableAt(1);
    return index == null
        ? new Dictionary(encoding.longAt(0, 0), 32, "int32")
        : new Dictionary(encoding.longAt(0, 0), index.intAt(0, 0), integer(index));
  }

  private static String integer(FlatTable type) throws StorageException {
    return (type.byteAt(1) == 0 ? "uint" : "int") + type.intAt(0, 0);
  }

  private static long width(int number, FlatTable type) throws StorageException {
    return switch (number) {
      case 2 -> type.intAt(0, 0);
      case 3 -> 16L << Math.clamp(type.shortAt(0, 0), 0, 2);
      case BOOL -> 1;
      case 7 -> type.intAt(2, 128);
      case 8 -> type.shortAt(0, 1) == 0 ? 32 : 64;
      case 9 -> type.intAt(1, 32);
      case TIMESTAMP, 18 -> 64;
      case 11 -> INTERVAL_BITS[Math.clamp(type.shortAt(0, 0), 0, 2)];
      case 15 -> 8L * type.intAt(0, 0);
      case FIXED_SIZE_LIST -> type.intAt(0, 0);
      case BINARY_VIEW, UTF8_VIEW -> 128;
      default -> 0;
    };
  }

  private static String label(int number, FlatTable type) throws StorageException {
    return switch (number) {
      case NULL -> "null";
      case 2 -> integer(type);
      case 3 -> List.of("halffloat", "float", "double").get(Math.clamp(type.shortAt(0, 0), 0, 2));
      case BINARY -> "binary";
      case UTF8 -> "string";
      case BOOL -> "bool";
      case 7 ->
          "decimal" + type.intAt(2, 128) + "(" + type.intAt(0, 0) + ", " + type.intAt(1, 0) + ")";
      case 8 -> type.shortAt(0, 1) == 0 ? "date32[day]" : "date64[ms]";
      case 9 -> "time" + type.intAt(1, 32) + "[" + unit(type, 1) + "]";
      case 11 -> INTERVALS[Math.clamp(type.shortAt(0, 0), 0, 2)] + "_interval";
      case LIST -> "list";
      case STRUCT -> "struct";
      case SPARSE_UNION -> "sparse_union";
      case DENSE_UNION -> "dense_union";
      case 15 -> "fixed_size_binary[" + type.intAt(0, 0) + "]";
      case FIXED_SIZE_LIST -> "fixed_size_list[" + type.intAt(0, 0) + "]";
      case MAP -> "map";
      case 18 -> "duration[" + unit(type, 1) + "]";
      case LARGE_BINARY -> "large_binary";
      case LARGE_UTF8 -> "large_string";
      case LARGE_LIST -> "large_list";
      case RUN_END_ENCODED -> "run_end_encoded";
      case BINARY_VIEW -> "binary_view";
      case UTF8_VIEW -> "string_view";
      case LIST_VIEW -> "list_view";
      case LARGE_LIST_VIEW -> "large_list_view";
      default -> throw IpcFile.invalid("a type that this version does not know, number " + number);
    };
  }

  private static String unit(FlatTable type, int otherwise) throws StorageException {
    return UNITS[Math.clamp(type.shortAt(0, otherwise), 0, 3)];
  }
}
