package io.gridset.flight.ipc;

import org.apache.arrow.flatbuf.Date;
import org.apache.arrow.flatbuf.DateUnit;
import org.apache.arrow.flatbuf.Decimal;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FixedSizeBinary;
import org.apache.arrow.flatbuf.FloatingPoint;
import org.apache.arrow.flatbuf.Int;
import org.apache.arrow.flatbuf.Interval;
import org.apache.arrow.flatbuf.IntervalUnit;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.Time;
import org.apache.arrow.flatbuf.Type;

/// How wide the values of a type are that has values of one width.
final class FixedWidth {
  private FixedWidth() {}

  /// Bits of a value.
  static int bits(Field field) {
    return switch (field.typeType()) {
      case Type.Bool -> 1;
      case Type.Int -> ((Int) field.type(new Int())).bitWidth();
      case Type.FloatingPoint -> precision(((FloatingPoint) field.type(new FloatingPoint())));
      case Type.Decimal -> ((Decimal) field.type(new Decimal())).bitWidth();
      case Type.Date ->
          ((Date) field.type(new Date())).unit() == DateUnit.DAY ? Integer.SIZE : Long.SIZE;
      case Type.Time -> ((Time) field.type(new Time())).bitWidth();
      case Type.Timestamp, Type.Duration -> Long.SIZE;
      case Type.Interval -> interval((Interval) field.type(new Interval()));
      case Type.FixedSizeBinary ->
          Byte.SIZE * ((FixedSizeBinary) field.type(new FixedSizeBinary())).byteWidth();
      default -> throw new IllegalStateException("type " + field.typeType());
    };
  }

  private static int precision(FloatingPoint type) {
    return switch (type.precision()) {
      case Precision.HALF -> Short.SIZE;
      case Precision.SINGLE -> Float.SIZE;
      default -> Double.SIZE;
    };
  }

  private static int interval(Interval type) {
    return switch (type.unit()) {
      case IntervalUnit.YEAR_MONTH -> Integer.SIZE;
      case IntervalUnit.DAY_TIME -> Long.SIZE;
      default -> 2 * Long.SIZE;
    };
  }
}
