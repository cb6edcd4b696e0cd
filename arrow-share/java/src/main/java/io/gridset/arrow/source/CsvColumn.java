package io.gridset.arrow.source;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;

/// A column of a CSV file, whose type narrows to what all values seen are.
final class CsvColumn {
  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,19}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|[+-]?Infinity");
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");

  private enum Type {
    BOOL,
    INT,
    DOUBLE,
    DATE,
    TEXT;

    /// The type to try next.
    Type wider() {
      return switch (this) {
        case BOOL -> INT;
        case INT -> DOUBLE;
        case DOUBLE -> DATE;
        case DATE, TEXT -> TEXT;
      };
    }

    boolean fits(String value) {
      return switch (this) {
        case BOOL -> value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false");
        case INT -> isLong(value);
        case DOUBLE -> NUMBER.matcher(value).matches();
        case DATE -> isDate(value);
        case TEXT -> true;
      };
    }
  }

  private final String name;
  private Type type = Type.BOOL;
  private boolean seen;

  CsvColumn(String name) {
    this.name = name;
  }

  /// Widens the type until it takes `value` and, as INT turns into DOUBLE, all before it.
  void see(String value) {
    if (value.isEmpty() || type.fits(value)) {
      seen |= !value.isEmpty();
      return;
    }
    Type next = type;
    do {
      next = next.wider();
    } while (!next.fits(value));
    boolean keeps = !seen || (type == Type.INT && next == Type.DOUBLE);
    type = keeps ? next : Type.TEXT;
    seen = true;
  }

  Field field() {
    ArrowType arrow =
        switch (type) {
          case BOOL -> seen ? ArrowType.Bool.INSTANCE : ArrowType.Utf8.INSTANCE;
          case INT -> new ArrowType.Int(64, true);
          case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
          case DATE -> new ArrowType.Date(DateUnit.DAY);
          case TEXT -> ArrowType.Utf8.INSTANCE;
        };
    return Field.nullable(name, arrow);
  }

  void set(FieldVector vector, int row, String value) {
    if (value.isEmpty()) {
      return;
    }
    switch (vector) {
      case BitVector bits -> bits.setSafe(row, Boolean.parseBoolean(value) ? 1 : 0);
      case BigIntVector whole -> whole.setSafe(row, Long.parseLong(value));
      case Float8Vector numbers -> numbers.setSafe(row, Double.parseDouble(value));
      case DateDayVector dates -> dates.setSafe(row, (int) LocalDate.parse(value).toEpochDay());
      default -> ((VarCharVector) vector).setSafe(row, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static boolean isLong(String value) {
    try {
      return WHOLE.matcher(value).matches() && Long.toString(Long.parseLong(value)) != null;
    } catch (NumberFormatException e) {
      return false; // more than 64 bits
    }
  }

  private static boolean isDate(String value) {
    try {
      return DATE.matcher(value).matches() && LocalDate.parse(value).getYear() >= 0;
    } catch (DateTimeParseException e) {
      return false; // the 31st of February
    }
  }
}
