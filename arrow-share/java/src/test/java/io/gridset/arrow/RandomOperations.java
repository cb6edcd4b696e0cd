package io.gridset.arrow;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/// Random operations on names that several processes share, those of `e2e/objects_worker.py`
/// included: `SOCKET SEED COUNT`. An object tells its number in every row; a mixture fails. Prints
/// what was done, and descriptors and mappings before and after, as a line of JSON.
final class RandomOperations implements AutoCloseable {
  private static final int NAMES = 40;
  private static final int HELD = 6;
  private static final int[] ROWS = {1, 10, 1000, 20_000, 120_000};
  private static final String[] KINDS = {
    "put", "put", "get", "get", "get", "delete", "list", "describe", "hold", "make", "abort"
  };

  private final Random random;
  private final BufferAllocator allocator = new RootAllocator();
  private final ObjectClient client;
  private final Map<Integer, ArrowObject> held = new HashMap<>();
  private final Map<String, Integer> done = new TreeMap<>();

  private RandomOperations(Path socket, long seed) throws ObjectException {
    random = new Random(seed);
    client = ObjectClient.connect(socket);
  }

  public static void main(String[] arguments) throws IOException {
    try (RandomOperations operations =
        new RandomOperations(Path.of(arguments[0]), Long.parseLong(arguments[1]))) {
      operations.perform("put"); // so that all classes are loaded
      operations.perform("get");
      operations.done.clear();
      String begun = resources();
      int count = Integer.parseInt(arguments[2]);
      for (int turn = 0; turn < count; turn++) {
        operations.perform(KINDS[operations.random.nextInt(KINDS.length)]);
      }
      for (ArrowObject object : operations.held.values()) {
        number(object);
        object.close();
      }
      System.out.printf(
          "{\"done\": {%s}, \"begun\": %s, \"ended\": %s}%n",
          String.join(
              ", ",
              operations.done.entrySet().stream()
                  .map(each -> "\"" + each.getKey() + "\": " + each.getValue())
                  .toList()),
          begun,
          resources());
    }
  }

  private void perform(String what) throws IOException {
    String name = "shared/" + random.nextInt(NAMES);
    String outcome = what;
    try {
      switch (what) {
        case "put" -> put(name);
        case "get" -> {
          try (ArrowObject object = client.fetch(name)) {
            number(object);
          }
        }
        case "delete" -> client.delete(name);
        case "list" -> require(client.list("shared/").stream().allMatch(RandomOperations::isOurs));
        case "describe" -> require(client.describe(name).name().equals(name));
        case "hold" -> hold(name);
        case "make" -> make(name);
        default -> abort(name);
      }
    } catch (ObjectException e) {
      outcome =
          what
              + switch (e.kind()) {
                case NOT_FOUND -> " ObjectNotFound";
                case ALREADY_EXISTS -> " ObjectExists";
                case NO_SPACE -> " MemoryFull";
                default -> throw e;
              };
    }
    done.merge(outcome, 1, Integer::sum);
  }

  private static boolean isOurs(ObjectInfo info) {
    return info.name().startsWith("shared/");
  }

  private void put(String name) throws IOException {
    try (BigIntVector numbers = numbers();
        VectorSchemaRoot table = VectorSchemaRoot.of(numbers)) {
      client.put(name, table);
    }
  }

  private BigIntVector numbers() {
    long number = random.nextInt(1_000_000);
    int rows = ROWS[random.nextInt(ROWS.length)];
    BigIntVector numbers = new BigIntVector("number", allocator);
    numbers.allocateNew(rows);
    for (int row = 0; row < rows; row++) {
      numbers.set(row, number);
    }
    numbers.setValueCount(rows);
    return numbers;
  }

  private void hold(String name) throws IOException {
    int key = random.nextInt(HELD);
    ArrowObject before = held.remove(key);
    if (before != null) {
      try (before) {
        number(before); // unchanged, whoever deleted it meanwhile
      }
    }
    held.put(key, client.fetch(name));
  }

  private void make(String name) throws IOException {
    try (Claim claim = client.claim(name, Duration.ofSeconds(2))) {
      if (claim.state() == Claim.State.GRANTED) {
        try (BigIntVector numbers = numbers();
            VectorSchemaRoot table = VectorSchemaRoot.of(numbers)) {
          claim.put(table, new DictionaryProvider.MapDictionaryProvider());
        }
      }
    }
  }

  /// A writer that is closed before its seal.
  private void abort(String name) throws IOException {
    try (BigIntVector numbers = numbers();
        VectorSchemaRoot table = VectorSchemaRoot.of(numbers);
        ObjectWriter writer =
            client.writer(
                name, table.getSchema(), new DictionaryProvider.MapDictionaryProvider())) {
      writer.append(table);
    }
  }

  /// The number that all rows of an object tell, where it is a table of numbers.
  private static void number(ArrowObject object) {
    for (VectorSchemaRoot root : object) {
      if (root.getFieldVectors().isEmpty()
          || !(root.getVector(0) instanceof BigIntVector numbers)
          || !numbers.getName().equals("number")) {
        return;
      }
      for (int row = 1; row < root.getRowCount(); row++) {
        require(numbers.get(row) == numbers.get(0));
      }
    }
  }

  private static void require(boolean condition) {
    if (!condition) {
      throw new IllegalStateException("an object is a mixture, or another one");
    }
  }

  /// Descriptors, and mappings of objects, of this process.
  private static String resources() throws IOException {
    String[] descriptors = new File("/proc/self/fd").list();
    List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
    long mappings = maps.stream().filter(line -> line.contains("/sealed/")).count();
    return "[" + Objects.requireNonNull(descriptors).length + ", " + mappings + "]";
  }

  @Override
  public void close() {
    client.close();
    allocator.close();
  }
}
