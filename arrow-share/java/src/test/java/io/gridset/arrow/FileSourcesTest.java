package io.gridset.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.arrow.source.BatchSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files become objects: IPC files by mapping them, CSV by its types.
class FileSourcesTest {
  @TempDir private Path directory;
  private final BufferAllocator allocator = new RootAllocator();
  private FakeNode node;
  private ObjectClient client;

  @BeforeEach
  void start() throws IOException {
    node = new FakeNode();
    client = ObjectClient.connect(node.socket);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    node.close();
    allocator.close();
  }

  private void put(String name, Path file) throws IOException {
    try (BatchSource source = BatchSource.of(file, allocator)) {
      client.put(name, source, ObjectAttributes.plain());
    }
  }

  @Test
  void anIpcFileAndTheStreamInItBecomeTheSameObject() throws IOException {
    try (VectorSchemaRoot table = new RandomTables(allocator, 3).table(150)) {
      client.put("first", table);
      byte[] file = Files.readAllBytes(node.file("default:first"));
      Path whole = Files.write(directory.resolve("whole.arrow"), file);
      Path stream =
          Files.write(
              directory.resolve("stream.arrows"),
              java.util.Arrays.copyOfRange(file, 8, file.length));
      put("file", whole);
      put("stream", stream);
      assertThat(Files.readAllBytes(node.file("default:file"))).isEqualTo(file);
      assertThat(Files.readAllBytes(node.file("default:stream"))).isEqualTo(file);
      assertThat(node.operations.stream().filter("create"::equals).count())
          .as("one segment each: the length was foreseen")
          .isEqualTo(3);
      Files.write(whole, java.util.Arrays.copyOf(file, file.length - 20));
      assertThatThrownBy(() -> put("cut", whole))
          .hasMessageContaining("whole.arrow: an Arrow IPC file without its end");
    }
  }

  @Test
  void csvColumnsGetTheNarrowestTypeThatAllTheirValuesHave() throws IOException {
    Path csv =
        Files.writeString(
            directory.resolve("houses.csv"),
            """
            id,price,sold,day,street,"odd ""name\""",nothing,mixed
            1,1.5,true,2026-11-22,"Elm, 5",x,,1
            2,-3,FALSE,2026-02-28,"two
            lines",,,true

            3,1e3,,,"say ""no\""",z,,2026-01-01
            """);
    put("houses", csv);
    try (ArrowObject object = client.get("houses")) {
      VectorSchemaRoot batch = object.batch(0);
      assertThat(batch.getSchema().getFields().stream().map(field -> field.getType().toString()))
          .containsExactly(
              "Int(64, true)",
              "FloatingPoint(DOUBLE)",
              "Bool",
              "Date(DAY)",
              "Utf8",
              "Utf8",
              "Utf8",
              "Utf8");
      assertThat(Tables.values(batch))
          .containsExactly(
              List.of("1", "2", "3"),
              List.of("1.5", "-3.0", "1000.0"),
              List.of("true", "false", "null"),
              List.of("20779", "20512", "null"),
              List.of("Elm, 5", "two\nlines", "say \"no\""),
              List.of("x", "null", "z"),
              List.of("null", "null", "null"),
              List.of("1", "true", "2026-01-01"));
      assertThat(batch.getVector(5).getName()).isEqualTo("odd \"name\"");
    }
  }

  @Test
  void aBrokenFileIsNamedWithItsLine() throws IOException {
    Path csv = Files.writeString(directory.resolve("bad.csv"), "a,b\n1,2\n3\n");
    assertThatThrownBy(() -> put("x", csv))
        .hasMessage(csv + ", line 3: 1 fields where line 1 names 2");
    Path open = Files.writeString(directory.resolve("open.csv"), "a,b\n1,\"2\n");
    assertThatThrownBy(() -> put("x", open))
        .hasMessage(open + ", line 2: a quote that does not end");
    Path parquet = Files.writeString(directory.resolve("x.parquet"), "PAR1....");
    assertThatThrownBy(() -> put("x", parquet)).hasMessageContaining("is a Parquet file");
    Path other = Files.writeString(directory.resolve("x.txt"), "hello");
    assertThatThrownBy(() -> put("x", other)).hasMessageContaining("is neither");
    assertThat(client.list("")).isEmpty();
  }
}
