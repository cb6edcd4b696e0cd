package io.gridset.arrow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseLargeVariableWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BaseVariableWidthViewVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.DenseUnionVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.LargeListViewVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.ListViewVector;
import org.apache.arrow.vector.complex.RunEndEncodedVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.complex.UnionVector;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.IntervalUnit;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.Types.MinorType;
import org.apache.arrow.vector.types.UnionMode;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/// Tables of every type of Arrow's, with random values and nulls, from a seed.
public final class RandomTables {
  private final BufferAllocator allocator;
  private final Random random;

  public RandomTables(BufferAllocator allocator, long seed) {
    this.allocator = allocator;
    this.random = new Random(seed);
  }

  /// One column of each flat type, and nested ones over random types.
  public VectorSchemaRoot table(int rows) {
    List<FieldVector> vectors = new ArrayList<>();
    for (ArrowType type : flatTypes()) {
      vectors.add(vector(field("c" + vectors.size(), type, List.of()), rows));
    }
    for (int i = 0; i < 12; i++) {
      vectors.add(vector(nested("n" + i, 3), rows));
    }
    vectors.add(sparseUnion(rows));
    vectors.add(denseUnion(rows));
    return new VectorSchemaRoot(vectors);
  }

  static List<ArrowType> flatTypes() {
    List<ArrowType> types = new ArrayList<>();
    types.add(ArrowType.Null.INSTANCE);
    types.add(ArrowType.Bool.INSTANCE);
    for (int bits : new int[] {8, 16, 32, 64}) {
      types.add(new ArrowType.Int(bits, true));
      types.add(new ArrowType.Int(bits, false));
    }
    for (FloatingPointPrecision precision : FloatingPointPrecision.values()) {
      types.add(new ArrowType.FloatingPoint(precision));
    }
    types.add(ArrowType.Utf8.INSTANCE);
    types.add(ArrowType.Binary.INSTANCE);
    types.add(ArrowType.LargeUtf8.INSTANCE);
    types.add(ArrowType.LargeBinary.INSTANCE);
    types.add(ArrowType.Utf8View.INSTANCE);
    types.add(ArrowType.BinaryView.INSTANCE);
    types.add(new ArrowType.FixedSizeBinary(7));
    types.add(new ArrowType.FixedSizeBinary(1024));
    types.add(new ArrowType.Decimal(30, 5, 128));
    types.add(new ArrowType.Decimal(60, 9, 256));
    for (DateUnit unit : DateUnit.values()) {
      types.add(new ArrowType.Date(unit));
    }
    types.add(new ArrowType.Time(TimeUnit.SECOND, 32));
    types.add(new ArrowType.Time(TimeUnit.MILLISECOND, 32));
    types.add(new ArrowType.Time(TimeUnit.MICROSECOND, 64));
    types.add(new ArrowType.Time(TimeUnit.NANOSECOND, 64));
    for (TimeUnit unit : TimeUnit.values()) {
      types.add(new ArrowType.Timestamp(unit, null));
      types.add(new ArrowType.Timestamp(unit, "Europe/Berlin"));
      types.add(new ArrowType.Duration(unit));
    }
    for (IntervalUnit unit : IntervalUnit.values()) {
      types.add(new ArrowType.Interval(unit));
    }
    return types;
  }

  private Field field(String name, ArrowType type, List<Field> children) {
    return new Field(name, FieldType.nullable(type), children);
  }

  private Field nested(String name, int depth) {
    List<ArrowType> flat = flatTypes();
    if (depth == 0) {
      // A null column's children may not be looked at by Arrow's own visitors.
      return field(name, flat.get(1 + random.nextInt(flat.size() - 1)), List.of());
    }
    Field child = nested("item", random.nextInt(depth));
    return switch (random.nextInt(8)) {
      case 0 -> field(name, ArrowType.List.INSTANCE, List.of(child));
      case 1 -> field(name, ArrowType.LargeList.INSTANCE, List.of(child));
      case 2 -> field(name, new ArrowType.FixedSizeList(3), List.of(child));
      case 3 -> field(name, ArrowType.ListView.INSTANCE, List.of(child));
      case 4 -> field(name, ArrowType.LargeListView.INSTANCE, List.of(child));
      case 5 -> map(name, child);
      case 6 -> runs(name);
      default -> field(name, ArrowType.Struct.INSTANCE, List.of(child, nested("more", depth - 1)));
    };
  }

  private Field map(String name, Field value) {
    Field key = new Field("key", FieldType.notNullable(ArrowType.Utf8.INSTANCE), List.of());
    Field named = new Field("value", value.getFieldType(), value.getChildren());
    Field entries =
        new Field("entries", FieldType.notNullable(ArrowType.Struct.INSTANCE), List.of(key, named));
    return field(name, new ArrowType.Map(false), List.of(entries));
  }

  private Field runs(String name) {
    Field ends = new Field("run_ends", FieldType.notNullable(new ArrowType.Int(32, true)), null);
    return new Field(
        name,
        FieldType.notNullable(ArrowType.RunEndEncoded.INSTANCE),
        List.of(ends, field("values", ArrowType.Utf8.INSTANCE, List.of())));
  }

  private FieldVector vector(Field field, int rows) {
    FieldVector vector = field.createVector(allocator);
    fill(vector, rows);
    return vector;
  }

  void fill(FieldVector vector, int rows) {
    switch (vector) {
      case BitVector bits -> {
        bits.allocateNew(rows);
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            bits.set(i, random.nextInt(2));
          }
        }
      }
      case BaseFixedWidthVector fixed -> fillFixed(fixed, rows);
      case BaseVariableWidthVector text -> {
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            text.setSafe(i, text());
          }
        }
      }
      case BaseLargeVariableWidthVector text -> {
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            text.setSafe(i, text());
          }
        }
      }
      case BaseVariableWidthViewVector text -> {
        text.allocateNew(rows); // which its setSafe relies on
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            text.setSafe(i, text());
          }
        }
      }
      default -> fillNested(vector, rows);
    }
    vector.setValueCount(rows);
  }

  private void fillFixed(BaseFixedWidthVector vector, int rows) {
    vector.allocateNew(rows);
    int width = vector.getTypeWidth();
    for (int i = 0; i < rows; i++) {
      if (!present(vector)) {
        vector.setNull(i);
        continue;
      }
      BitVectorHelper.setBit(vector.getValidityBuffer(), i);
      byte[] bytes = new byte[width];
      random.nextBytes(bytes);
      restrict(vector.getField().getType(), bytes);
      vector.getDataBuffer().setBytes((long) i * width, bytes);
    }
  }

  /// Makes random bytes a value that the type allows, little-endian.
  private void restrict(ArrowType type, byte[] bytes) {
    if (type instanceof ArrowType.Int || type instanceof ArrowType.FixedSizeBinary) {
      return;
    }
    if (type instanceof ArrowType.Date date && date.getUnit() == DateUnit.MILLISECOND) {
      long days = random.nextInt(30_000); // whole ones
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(days * 86_400_000);
      return;
    }
    // Within a day, a precision, what Java's times can show: small numbers.
    int kept = type instanceof ArrowType.Time ? 2 : 3;
    int words = type instanceof ArrowType.Interval ? 4 : type instanceof ArrowType.Decimal ? 32 : 8;
    for (int at = 0; at < bytes.length; at++) {
      bytes[at] = at % words >= kept ? 0 : bytes[at];
    }
  }

  private void fillNested(FieldVector vector, int rows) {
    int total = 0;
    switch (vector) {
      case ListVector list -> {
        list.allocateNew();
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            int length = random.nextInt(4);
            list.startNewValue(i);
            list.endValue(i, length);
            total += length;
          }
        }
        fill(list.getDataVector(), total);
      }
      case LargeListVector list -> {
        list.allocateNew();
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            int length = random.nextInt(4);
            list.startNewValue((long) i);
            list.endValue(i, length);
            total += length;
          }
        }
        fill(list.getDataVector(), total);
      }
      case ListViewVector list -> {
        // Any order and overlap is fine with views: each row takes three, or none, of four items.
        list.allocateNew();
        list.setInitialCapacity(rows);
        fill(list.getDataVector(), 4);
        for (int i = 0; i < rows; i++) {
          list.startNewValue(i);
          list.setOffset(i, 1);
          list.setSize(i, 3 * random.nextInt(2));
          list.setValidity(i, present(vector) ? 1 : 0);
        }
      }
      case LargeListViewVector list -> {
        // Any order and overlap is fine with views: each row takes three, or none, of four items.
        list.allocateNew();
        list.setInitialCapacity(rows);
        fill(list.getDataVector(), 4);
        for (int i = 0; i < rows; i++) {
          list.startNewValue(i);
          list.setOffset(i, 1);
          list.setSize(i, 3 * random.nextInt(2));
          list.setValidity(i, present(vector) ? 1 : 0);
        }
      }
      case FixedSizeListVector list -> {
        list.allocateNew();
        for (int i = 0; i < rows; i++) {
          list.startNewValue(i);
          if (!present(vector)) {
            list.setNull(i);
          }
        }
        fill(list.getDataVector(), rows * list.getListSize());
      }
      case StructVector struct -> {
        struct.allocateNew();
        for (FieldVector child : struct.getChildrenFromFields()) {
          fill(child, rows);
        }
        struct.setInitialCapacity(rows);
        for (int i = 0; i < rows; i++) {
          if (present(vector)) {
            struct.setIndexDefined(i);
          }
        }
      }
      case RunEndEncodedVector runs -> {
        int number = (rows + 4) / 5;
        IntVector ends = (IntVector) runs.getRunEndsVector();
        for (int i = 0; i < number; i++) {
          ends.setSafe(i, Math.min(rows, 5 * (i + 1)));
        }
        ends.setValueCount(number);
        fill(runs.getValuesVector(), number);
      }
      default -> vector.setValueCount(rows);
    }
  }

  private FieldVector sparseUnion(int rows) {
    UnionVector union = UnionVector.empty("sparse", allocator);
    for (int i = 0; i < rows; i++) {
      if (random.nextBoolean()) {
        union.setType(i, MinorType.INT);
        union.getIntVector().setSafe(i, random.nextInt());
      } else {
        union.setType(i, MinorType.VARCHAR);
        union.getVarCharVector().setSafe(i, text());
      }
    }
    union.setValueCount(rows);
    return union;
  }

  private FieldVector denseUnion(int rows) {
    DenseUnionVector union = DenseUnionVector.empty("dense", allocator);
    fillUnion(union, rows);
    return union;
  }

  /// Lists of two values each of a dense union, which Arrow's own readers do not make.
  FieldVector pairsOfUnions(int rows) {
    FixedSizeListVector pairs = FixedSizeListVector.empty("pairs", 2, allocator);
    // Equal to a union's type before it has children, which this list asks for.
    ArrowType none =
        new ArrowType.Union(UnionMode.Dense, new int[0]) {
          @Override
          public int[] getTypeIds() {
            return new int[] {0, 1};
          }
        };
    fillUnion(
        (DenseUnionVector) pairs.addOrGetVector(FieldType.nullable(none)).getVector(), 2 * rows);
    for (int i = 0; i < rows; i++) {
      pairs.setNotNull(i);
    }
    pairs.setValueCount(rows);
    return pairs;
  }

  private void fillUnion(DenseUnionVector union, int rows) {
    Field number = field("number", new ArrowType.Int(64, true), List.of());
    Field text = field("text", ArrowType.Utf8.INSTANCE, List.of());
    byte[] ids = {union.registerNewTypeId(number), union.registerNewTypeId(text)};
    union.addVector(ids[0], number.createVector(allocator));
    union.addVector(ids[1], text.createVector(allocator));
    union.allocateNew();
    while (union.getOffsetBuffer().capacity() < 4L * rows) {
      union.reAlloc();
    }
    int[] used = new int[2];
    for (int i = 0; i < rows; i++) {
      int which = random.nextInt(2);
      union.setTypeId(i, ids[which]);
      union.getOffsetBuffer().setInt(4L * i, used[which]);
      used[which]++;
    }
    fill((FieldVector) union.getVectorByType(ids[0]), used[0]);
    fill((FieldVector) union.getVectorByType(ids[1]), used[1]);
    union.setValueCount(rows);
  }

  private boolean present(FieldVector vector) {
    return !vector.getField().isNullable() || random.nextInt(5) != 0;
  }

  private byte[] text() {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(40); left > 0; left--) {
      text.append((char) (random.nextInt(8) == 0 ? 0x4e00 + random.nextInt(999) : 'a' + left % 26));
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
