package io.gridset.arrow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/// The Java client as a subject of the Arrow benchmarks: commands come as lines of JSON on standard
/// input, answers leave as lines of JSON (`benchmarks/suite/arrow_worker.py` says which).
public final class ObjectWorker implements AutoCloseable {
  private static final int COLUMNS = 8;
  private static final double NANOS = 1e9;

  private final ObjectMapper mapper = new ObjectMapper();
  private final BufferAllocator allocator = new RootAllocator();
  private final ObjectClient client;
  private @Nullable VectorSchemaRoot table;

  private ObjectWorker(Path socket) throws ObjectException {
    this.client = ObjectClient.connect(socket);
  }

  public static void main(String[] arguments) throws IOException {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    try (ObjectWorker worker = new ObjectWorker(Path.of(arguments[0]));
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      answers.println("{\"ready\": true}");
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        answers.println(worker.answer(worker.mapper.readTree(line)));
      }
    }
  }

  private ObjectNode answer(JsonNode asked) throws IOException {
    String name = asked.path("name").asText();
    int times = asked.path("times").asInt(1);
    return switch (asked.path("command").asText()) {
      case "make" -> make(asked.path("size").asLong());
      case "drop" -> drop();
      case "put" -> put(name, times);
      case "get" -> get(name, times, new long[asked.path("cold").asInt(0) / Long.BYTES]);
      case "check" -> mapper.createObjectNode().put("check", sum(made()));
      case "delete" -> delete(name, times);
      default -> throw new IOException("no such command: " + asked);
    };
  }

  private ObjectNode make(long size) {
    drop();
    int rows = (int) Math.max(1, size / (8 * COLUMNS));
    long start = new SecureRandom().nextInt(1 << 24);
    List<FieldVector> columns = new ArrayList<>();
    for (int number = 0; number < COLUMNS; number++) {
      BigIntVector column = new BigIntVector("c" + number, allocator);
      column.allocateNew(rows);
      for (int row = 0; row < rows; row++) {
        column.set(row, start + number + row);
      }
      column.setValueCount(rows);
      columns.add(column);
    }
    table = new VectorSchemaRoot(columns);
    table.setRowCount(rows);
    return mapper.createObjectNode().put("bytes", 8L * COLUMNS * rows);
  }

  private ObjectNode drop() {
    if (table != null) {
      table.close();
      table = null;
    }
    return mapper.createObjectNode();
  }

  private ObjectNode put(String name, int times) throws IOException {
    double[] seconds = new double[times];
    for (int number = 0; number < times; number++) {
      long began = System.nanoTime();
      client.put(name + "-" + number, made());
      seconds[number] = (System.nanoTime() - began) / NANOS;
    }
    return timed(seconds);
  }

  /// @param other what is read before each get
  private ObjectNode get(String name, int times, long[] other) throws IOException {
    double[] gets = new double[times];
    double[] sums = new double[times];
    long check = 0;
    long read = 0;
    long before = privateMemory();
    long grown = 0;
    for (int number = 0; number < times; number++) {
      read += Arrays.stream(other).sum();
      long began = System.nanoTime();
      try (ArrowObject object = client.get(name)) {
        VectorSchemaRoot batch = object.batch(0);
        long got = System.nanoTime();
        check = sum(batch);
        sums[number] = (System.nanoTime() - got) / NANOS;
        gets[number] = (got - began) / NANOS;
      }
      grown = Math.max(grown, privateMemory() - before);
    }
    Arrays.sort(sums);
    return timed(gets)
        .put("sum", sums[times / 2])
        .put("grown", grown)
        .put("check", check)
        .put("read", read);
  }

  private ObjectNode delete(String name, int times) throws IOException {
    for (int number = 0; number < times; number++) {
      client.delete(name + "-" + number);
    }
    return mapper.createObjectNode();
  }

  private ObjectNode timed(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    ObjectNode answer = mapper.createObjectNode().put("median", sorted[sorted.length / 2]);
    ArrayNode each = answer.putArray("seconds");
    for (double value : seconds) {
      each.add(value);
    }
    return answer;
  }

  private VectorSchemaRoot made() {
    if (table == null) {
      throw new IllegalStateException("make comes first");
    }
    return table;
  }

  private static long sum(VectorSchemaRoot batch) {
    BigIntVector column = (BigIntVector) batch.getVector(0);
    long sum = 0;
    for (int row = 0; row < batch.getRowCount(); row++) {
      sum += column.get(row);
    }
    return sum;
  }

  /// Bytes of this process that no other shares.
  private static long privateMemory() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("/proc/self/status tells no RssAnon");
  }

  @Override
  public void close() {
    drop();
    client.close();
    allocator.close();
  }
}
