package io.gridset.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.UnionVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.Types.MinorType;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is put is got: the same values, where the node's memory is, and nothing beside it.
class RoundTripTest {
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

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyTypeComesBackFromTheMappingItself(long seed) throws IOException {
    int rows = (int) (97 + 40 * seed);
    try (VectorSchemaRoot table = new RandomTables(allocator, seed).table(rows)) {
      List<List<String>> expected = Tables.values(table);
      ObjectInfo info = client.put("all", table);
      try (BufferAllocator mine = allocator.newChildAllocator("mine", 0, Long.MAX_VALUE);
          ArrowObject object = client.fetch("all", mine)) {
        VectorSchemaRoot batch = object.batch(0);
        assertThat(object.schema()).isEqualTo(table.getSchema());
        List<List<String>> found = Tables.values(batch);
        for (int i = 0; i < expected.size(); i++) {
          assertThat(found.get(i))
              .as("seed " + seed + ", column " + table.getVector(i).getField())
              .isEqualTo(expected.get(i));
        }
        assertMapped(batch.getFieldVectors(), info.bytes());
        assertThat(mine.getAllocatedMemory())
            .as("nothing but mappings is accounted for")
            .isBetween(info.bytes(), info.bytes() + Tables.mappedOnes());
      }
      assertThat(Tables.mappings("gridset-fake")).as("unmapped by close").isEmpty();
    }
  }

  private static void assertMapped(List<FieldVector> vectors, long bytes) {
    List<long[]> ranges = Tables.mappings("gridset-fake");
    assertThat(ranges).as("one mapping").hasSize(1);
    long[] range = ranges.getFirst();
    assertThat(range[1] - range[0]).isBetween(bytes, bytes + 4095);
    List<long[]> ones = Tables.mappings("gridset-ones");
    for (FieldVector vector : vectors) {
      Tables.buffers(
          vector,
          (name, buffer) -> {
            boolean leftOut = ones.stream().anyMatch(each -> isIn(each, buffer.memoryAddress()));
            if (leftOut) {
              assertThat(allSet(buffer))
                  .as("only validity is not in the mapping: " + name)
                  .isTrue();
            } else {
              assertThat(buffer.memoryAddress()).as(name).isBetween(range[0], range[1]);
            }
            assertThat(buffer.memoryAddress() % 64).as("alignment of " + name).isZero();
          });
    }
  }

  private static boolean allSet(ArrowBuf buffer) {
    for (long i = 0; i < buffer.capacity(); i++) {
      if (buffer.getByte(i) != -1) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIn(long[] range, long address) {
    return range[0] <= address && address < range[1];
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void slicesComeBackAsTheyAre(long seed) throws IOException {
    try (VectorSchemaRoot table = new RandomTables(allocator, seed).table(200);
        VectorSchemaRoot numbers = Tables.numbered(allocator, 0, 200_000);
        VectorSchemaRoot slice = numbers.slice(77_777, 30)) {
      client.put("slice", slice);
      try (ArrowObject object = client.get("slice")) {
        assertThat(Tables.values(object.batch(0))).isEqualTo(Tables.values(slice));
        assertThat(object.info().bytes()).as("not its parent's bytes").isLessThan(4096);
      }
      for (int i = 0; i < table.getFieldVectors().size(); i++) {
        FieldVector column = table.getVector(i);
        var transfer = column.getTransferPair(allocator);
        transfer.splitAndTransfer(13, 91);
        FieldVector part = (FieldVector) transfer.getTo();
        try (VectorSchemaRoot root = new VectorSchemaRoot(List.of(part))) {
          String name = "part-" + i;
          client.put(name, root);
          try (ArrowObject object = client.get(name)) {
            assertThat(Tables.values(object.batch(0)))
                .as(column.getField().toString())
                .isEqualTo(Tables.values(root));
          }
        }
      }
    }
  }

  @Test
  void stringsThatBeginBehindTheStartOfTheirBufferAreWrittenWithoutWhatIsBefore()
      throws IOException {
    try (VarCharVector all = new VarCharVector("text", allocator);
        VarCharVector tail = new VarCharVector("text", allocator)) {
      for (int i = 0; i < 10_000; i++) {
        all.setSafe(i, ("value " + i).getBytes(StandardCharsets.UTF_8));
      }
      all.setValueCount(10_000);
      // The last hundred, as another library's slice looks: the same data, offsets that begin late.
      ArrowBuf offsets = all.getOffsetBuffer().slice(4 * 9_900L, 4 * 101L);
      tail.loadFieldBuffers(
          new ArrowFieldNode(100, 0),
          List.of(all.getValidityBuffer(), offsets, all.getDataBuffer()));
      try (VectorSchemaRoot root = new VectorSchemaRoot(List.of(tail))) {
        root.setRowCount(100);
        client.put("tail", root);
        try (ArrowObject object = client.get("tail")) {
          assertThat(Tables.values(object.batch(0).getVector(0)))
              .startsWith("value 9900")
              .endsWith("value 9999")
              .hasSize(100);
          assertThat(object.info().bytes()).isLessThan(4096);
        }
      }
    }
  }

  @Test
  void dictionariesComeAlongAlsoInsideOfDictionaries() throws IOException {
    try (VarCharVector words = words(200);
        VarCharVector column = words(12_000);
        ListVector lists = (ListVector) listsOfWords().createVector(allocator)) {
      Dictionary inner = new Dictionary(words, new DictionaryEncoding(7, false, null));
      IntVector items = (IntVector) lists.getDataVector();
      lists.allocateNew();
      for (int i = 0; i < 50; i++) {
        lists.startNewValue(i);
        items.setSafe(2 * i, i % 200);
        items.setSafe(2 * i + 1, 3 * i % 200);
        lists.endValue(i, 2);
      }
      lists.setValueCount(50);
      Dictionary outer = new Dictionary(lists, new DictionaryEncoding(9, false, null));
      var provider = new DictionaryProvider.MapDictionaryProvider(inner, outer);
      FieldVector encoded = (FieldVector) DictionaryEncoder.encode(column, inner);
      IntVector nested =
          new IntVector(
              "nested",
              new FieldType(true, new ArrowType.Int(32, true), outer.getEncoding()),
              allocator);
      for (int i = 0; i < 12_000; i++) {
        nested.setSafe(i, i % 50);
      }
      nested.setValueCount(12_000);
      try (VectorSchemaRoot root = new VectorSchemaRoot(List.of(encoded, nested))) {
        ObjectInfo info = client.put("words", root, provider);
        try (ArrowObject object = client.get("words")) {
          VectorSchemaRoot batch = object.batch(0);
          try (FieldVector decoded =
              (FieldVector)
                  DictionaryEncoder.decode(batch.getVector(0), object.dictionaries().lookup(7))) {
            assertThat(Tables.values(decoded)).isEqualTo(Tables.values(column));
          }
          List<FieldVector> mapped = new ArrayList<>(batch.getFieldVectors());
          mapped.add(object.dictionaries().lookup(7).getVector());
          mapped.add(object.dictionaries().lookup(9).getVector());
          assertMapped(mapped, info.bytes());
          assertThat(Tables.values(mapped.get(3))).isEqualTo(Tables.values(lists));
          assertThat(object.schema()).isEqualTo(root.getSchema());
        }
      }
    }
  }

  @Test
  void unionsInListsOfFixedSizeComeBackAlsoAsADictionary() throws IOException {
    try (VectorSchemaRoot table =
            new VectorSchemaRoot(List.of(new RandomTables(allocator, 3).pairsOfUnions(5_000)));
        FieldVector words = new RandomTables(allocator, 4).pairsOfUnions(5);
        IntVector column =
            new IntVector(
                "column",
                new FieldType(true, new ArrowType.Int(32, true), encoding(5)),
                allocator)) {
      ObjectInfo info = client.put("pairs", table);
      try (ArrowObject object = client.get("pairs")) {
        assertThat(object.schema()).isEqualTo(table.getSchema());
        assertThat(Tables.values(object.batch(0))).isEqualTo(Tables.values(table));
        assertMapped(object.batch(0).getFieldVectors(), info.bytes());
      }
      column.setSafe(0, 3);
      column.setValueCount(1);
      var provider =
          new DictionaryProvider.MapDictionaryProvider(new Dictionary(words, encoding(5)));
      try (VectorSchemaRoot encoded = new VectorSchemaRoot(List.of(column))) {
        client.put("encoded", encoded, provider);
        try (ArrowObject object = client.get("encoded")) {
          assertThat(object.schema()).isEqualTo(encoded.getSchema());
          assertThat(Tables.values(object.dictionaries().lookup(5).getVector()))
              .isEqualTo(Tables.values(words));
        }
      }
    }
  }

  private static DictionaryEncoding encoding(long id) {
    return new DictionaryEncoding(id, false, null);
  }

  @Test
  void aBatchThatIsRefusedIsNotHeldOnTo() throws IOException {
    UnionVector union = UnionVector.empty("union", allocator);
    union.setType(0, MinorType.INT);
    union.getIntVector().setSafe(0, 1);
    union.setValueCount(1);
    try (VectorSchemaRoot root = new VectorSchemaRoot(List.of(union))) {
      union.getVarCharVector(); // One more than the schema says.
      assertThatThrownBy(() -> client.put("more", root))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("buffers");
    }
    assertThat(allocator.getAllocatedMemory()).isZero();
  }

  private static Field listsOfWords() {
    FieldType encoded =
        new FieldType(true, new ArrowType.Int(32, true), new DictionaryEncoding(7, false, null));
    return new Field(
        "lists",
        FieldType.nullable(ArrowType.List.INSTANCE),
        List.of(new Field("item", encoded, null)));
  }

  private VarCharVector words(int rows) {
    VarCharVector words = new VarCharVector("words", allocator);
    for (int i = 0; i < rows; i++) {
      words.setSafe(i, ("word " + i % 200).getBytes(StandardCharsets.UTF_8));
    }
    words.setValueCount(rows);
    return words;
  }

  @Test
  void batchesComeOneByOneIntoSegmentsThatGrow() throws IOException {
    Schema schema;
    try (VectorSchemaRoot first = Tables.numbered(allocator, 0, 1)) {
      schema = first.getSchema();
    }
    try (ObjectWriter writer = client.writer("grown", schema, noDictionaries())) {
      for (int i = 0; i < 60; i++) {
        try (VectorSchemaRoot batch = Tables.numbered(allocator, 1000L * i, 1000)) {
          writer.append(batch);
        }
      }
      long said = writer.bytes();
      assertThat(writer.seal().bytes()).isEqualTo(said);
    }
    assertThat(node.operations.stream().filter("create"::equals).count())
        .as("segments double")
        .isBetween(2L, 6L);
    assertThat(node.staged).isEmpty();
    try (ArrowObject object = client.get("grown")) {
      assertThat(object.batches()).isEqualTo(60);
      int number = 0;
      for (VectorSchemaRoot batch : object) {
        try (VectorSchemaRoot same = Tables.numbered(allocator, 1000L * number++, 1000)) {
          assertThat(Tables.values(batch)).isEqualTo(Tables.values(same));
        }
      }
    }
  }

  @Test
  void aTableOfNoRowsAndOneOfNoBatchesKeepTheirSchema() throws IOException {
    try (VectorSchemaRoot none = new RandomTables(allocator, 5).table(0)) {
      client.put("no-rows", none);
      try (ArrowObject object = client.get("no-rows")) {
        assertThat(object.batch(0).getRowCount()).isZero();
        assertThat(object.schema()).isEqualTo(none.getSchema());
      }
      client.writer("no-batches", none.getSchema(), noDictionaries()).seal();
      try (ArrowObject object = client.get("no-batches")) {
        assertThat(object.batches()).isZero();
        assertThat(object.schema()).isEqualTo(none.getSchema());
      }
    }
  }

  static DictionaryProvider noDictionaries() {
    return new DictionaryProvider.MapDictionaryProvider();
  }
}
