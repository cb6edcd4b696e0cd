package io.gridset.arrow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/// A program of its own that puts and gets objects, for tests that need another process or another
/// Java: `SOCKET put NAME SEED ROWS` (every type), `SOCKET get NAME SEED ROWS` (says whether it is
/// that table, and where it is), `SOCKET put-long NAME GIB-TENTHS`, `SOCKET sum NAME`, `SOCKET hold
/// NAME` (maps, says so, and checks again at end of input), `SOCKET copy PREFIX` (puts all anew
/// that it reads), `SOCKET migrate NAME NODE`, `SOCKET stall NAME` (writes half of an object and
/// waits).
final class ObjectsMain {
  private static final int LONG_ROWS = 4_000_000;

  private ObjectsMain() {}

  public static void main(String[] arguments) throws IOException {
    try (BufferAllocator allocator = new RootAllocator();
        ObjectClient client = ObjectClient.connect(Path.of(arguments[0]))) {
      String name = arguments[2];
      switch (arguments[1]) {
        case "put" -> {
          try (VectorSchemaRoot table = table(allocator, arguments)) {
            System.out.println("put " + client.put(name, table).bytes());
          }
        }
        case "get" -> get(client, allocator, arguments);
        case "put-long" -> putLong(client, allocator, name, Integer.parseInt(arguments[3]));
        case "sum" -> sum(client, name);
        case "hold" -> hold(client, name);
        case "copy" -> copy(client, name);
        case "delete" -> System.out.println(client.delete(name));
        case "migrate" -> {
          client.migrate(name, arguments[3]);
          System.out.println("moved");
        }
        case "stall" -> stall(client, allocator, name);
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    } catch (ObjectException e) {
      System.out.println(e.kind() + ": " + e.getMessage());
    }
  }

  /// Puts all objects whose names start so anew, as `copy/NAME`, from their vectors here.
  private static void copy(ObjectClient client, String prefix) throws IOException {
    for (ObjectInfo info : client.list(prefix)) {
      try (ArrowObject object = client.get(info.name());
          ObjectWriter writer =
              client.writer("copy/" + info.name(), object.schema(), object.dictionaries())) {
        for (VectorSchemaRoot batch : object) {
          writer.append(batch);
        }
        System.out.println(info.name() + " " + writer.seal().rows());
      } catch (ObjectException | RuntimeException e) {
        e.printStackTrace();
        System.out.println(info.name() + " " + e + " " + info.schema().replace("\n", "; "));
      }
    }
  }

  private static VectorSchemaRoot table(BufferAllocator allocator, String[] arguments) {
    long seed = Long.parseLong(arguments[3]);
    return new RandomTables(allocator, seed).table(Integer.parseInt(arguments[4]));
  }

  private static void get(ObjectClient client, BufferAllocator allocator, String[] arguments)
      throws IOException {
    try (VectorSchemaRoot table = table(allocator, arguments);
        BufferAllocator mine = allocator.newChildAllocator("mine", 0, Long.MAX_VALUE);
        ArrowObject object = client.fetch(arguments[2], mine)) {
      List<FieldVector> vectors = object.batch(0).getFieldVectors();
      List<long[]> mappings = Tables.mappings("/");
      boolean[] mapped = {true};
      vectors.forEach(
          vector ->
              Tables.buffers(
                  vector,
                  (column, buffer) ->
                      mapped[0] &=
                          mappings.stream()
                              .anyMatch(
                                  range ->
                                      range[0] <= buffer.memoryAddress()
                                          && buffer.memoryAddress() < range[1])));
      long beside = mine.getAllocatedMemory() - object.info().bytes();
      System.out.printf(
          "equal=%s mapped=%s allocated=%d java=%s%n",
          Tables.values(object.batch(0)).equals(Tables.values(table)),
          mapped[0],
          beside <= Tables.mappedOnes() ? 0 : beside,
          Runtime.version().feature());
    }
  }

  private static Schema longSchema() {
    return new Schema(
        List.of(
            Field.nullable("id", new ArrowType.Int(64, true)),
            Field.nullable("x", new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE))));
  }

  private static VectorSchemaRoot longBatch(BufferAllocator allocator, long first) {
    VectorSchemaRoot root = VectorSchemaRoot.create(longSchema(), allocator);
    BigIntVector ids = (BigIntVector) root.getVector(0);
    Float8Vector numbers = (Float8Vector) root.getVector(1);
    ids.allocateNew(LONG_ROWS);
    numbers.allocateNew(LONG_ROWS);
    for (int i = 0; i < LONG_ROWS; i++) {
      ids.set(i, first + i);
      numbers.set(i, 0.5);
    }
    root.setRowCount(LONG_ROWS);
    return root;
  }

  private static void putLong(
      ObjectClient client, BufferAllocator allocator, String name, int tenths) throws IOException {
    long wanted = (long) tenths * (1 << 30) / 10;
    try (ObjectWriter writer =
        client.writer(name, longSchema(), new DictionaryProvider.MapDictionaryProvider())) {
      writer.expect(wanted + (80 << 20));
      for (long first = 0; writer.bytes() < wanted; first += LONG_ROWS) {
        try (VectorSchemaRoot batch = longBatch(allocator, first)) {
          writer.append(batch);
        }
      }
      ObjectInfo info = writer.seal();
      System.out.println("put " + info.bytes() + " rows " + info.rows());
    }
  }

  private static void sum(ObjectClient client, String name) throws IOException {
    try (ArrowObject object = client.get(name)) {
      System.out.println(sum(object));
    }
  }

  private static String sum(ArrowObject object) {
    long ids = 0;
    double numbers = 0;
    long rows = 0;
    for (VectorSchemaRoot batch : object) {
      BigIntVector id = (BigIntVector) batch.getVector(0);
      Float8Vector number = (Float8Vector) batch.getVector(1);
      for (int i = 0; i < batch.getRowCount(); i++) {
        ids += id.get(i);
        numbers += number.get(i);
      }
      rows += batch.getRowCount();
    }
    return "rows=" + rows + " ids=" + ids + " numbers=" + numbers;
  }

  private static void hold(ObjectClient client, String name) throws IOException {
    try (ArrowObject object = client.get(name)) {
      System.out.println("mapped " + sum(object));
      while (System.in.read() >= 0) {
        // until the other side has done what it wants to do meanwhile
      }
      System.out.println("still " + sum(object));
    }
  }

  private static void stall(ObjectClient client, BufferAllocator allocator, String name)
      throws IOException {
    try (ObjectWriter writer =
            client.writer(name, longSchema(), new DictionaryProvider.MapDictionaryProvider());
        VectorSchemaRoot batch = longBatch(allocator, 0)) {
      writer.append(batch);
      System.out.println("staged");
      while (System.in.read() >= 0) {
        // until it is killed
      }
    }
  }
}
