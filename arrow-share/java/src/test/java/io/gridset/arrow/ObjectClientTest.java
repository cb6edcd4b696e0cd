package io.gridset.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.arrow.source.BatchSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What may go wrong, and that nothing is left behind when it does.
class ObjectClientTest {
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

  private ObjectInfo put(String name, long first, int rows) throws IOException {
    try (VectorSchemaRoot table = Tables.numbered(allocator, first, rows)) {
      return client.put(name, table);
    }
  }

  @Test
  void aMappedObjectStaysWhatItWasWhenItsNameIsDeletedAndPutAgain() throws IOException {
    put("x", 0, 50_000);
    try (ArrowObject before = client.get("x")) {
      assertThat(client.delete("x")).isTrue();
      assertThat(client.delete("x")).isFalse();
      put("x", 7_000_000, 50_000);
      try (ArrowObject after = client.get("x");
          VectorSchemaRoot same = Tables.numbered(allocator, 0, 50_000)) {
        assertThat(Tables.values(before.batch(0))).isEqualTo(Tables.values(same));
        assertThat(after.batch(0).getVector(0).getObject(0)).isEqualTo(7_000_000L);
      }
    }
  }

  @Test
  void whoWritesToAVectorChangesNobodysBytesButItsOwn() throws IOException {
    put("x", 0, 50_000);
    try (ArrowObject mine = client.get("x");
        ArrowObject others = client.get("x")) {
      ((BigIntVector) mine.batch(0).getVector(0)).set(3, -1);
      assertThat(mine.batch(0).getVector(0).getObject(3)).isEqualTo(-1L);
      assertThat(others.batch(0).getVector(0).getObject(3)).isEqualTo(3L);
    }
  }

  @Test
  void anotherSchemaIsRefusedByNameAndWhatWasAppendedStays() throws IOException {
    try (VectorSchemaRoot good = Tables.numbered(allocator, 0, 10);
        IntVector narrow = new IntVector("id", allocator);
        VectorSchemaRoot bad =
            new VectorSchemaRoot(List.of(narrow, new VarCharVector("text", allocator)));
        ObjectWriter writer =
            client.writer("x", good.getSchema(), RoundTripTest.noDictionaries())) {
      writer.append(good);
      assertThatThrownBy(() -> writer.append(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batch 1: column 0 is id: Int(32, true); the schema says id: Int(64, true)");
      writer.append(good);
      writer.seal();
      assertThatThrownBy(() -> writer.append(good)).hasMessageContaining("is sealed");
    }
    try (ArrowObject object = client.get("x")) {
      assertThat(object.batches()).isEqualTo(2);
    }
  }

  @Test
  void aDictionaryThatChangesUnderwayIsRefused() throws IOException {
    try (VarCharVector words = new VarCharVector("words", allocator);
        IntVector column =
            new IntVector(
                "c",
                new FieldType(
                    true, new ArrowType.Int(32, true), new DictionaryEncoding(1, false, null)),
                allocator)) {
      words.setSafe(0, new byte[] {'a'});
      words.setValueCount(1);
      column.setSafe(0, 0);
      column.setValueCount(1);
      var provider =
          new DictionaryProvider.MapDictionaryProvider(
              new Dictionary(words, new DictionaryEncoding(1, false, null)));
      VectorSchemaRoot root = new VectorSchemaRoot(List.of(column));
      try (ObjectWriter writer = client.writer("x", root.getSchema(), provider)) {
        writer.append(root);
        writer.append(root);
        words.setSafe(0, new byte[] {'b'});
        assertThatThrownBy(() -> writer.append(root))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith("dictionary 1 is not what it was at the first batch");
      }
      assertThatThrownBy(() -> client.writer("y", root.getSchema(), RoundTripTest.noDictionaries()))
          .hasMessageContaining("names dictionary 1, which the provider does not have");
    }
  }

  @Test
  void whatANodeRefusesHasItsKindAndItsWords() throws IOException {
    put("risk/x_train", 0, 20_000);
    assertThatThrownBy(() -> put("risk/x_train", 0, 20_000))
        .isInstanceOfSatisfying(
            ObjectException.class,
            e -> assertThat(e.kind()).isEqualTo(ObjectException.Kind.ALREADY_EXISTS))
        .hasMessage("default:risk/x_train is in use");
    assertThat(node.staged).as("the refused put's memory").isEmpty();
    assertThatThrownBy(() -> client.describe("risk/x_trian"))
        .isInstanceOfSatisfying(
            ObjectException.class,
            e -> assertThat(e.kind()).isEqualTo(ObjectException.Kind.NOT_FOUND))
        .hasMessageContaining("did you mean default:risk/x_train?");
  }

  @Test
  void aFullMemoryIsAnErrorAfterWhichTheObjectCanStillBeSealed() throws IOException {
    node.mostBytes = 300_000;
    try (VectorSchemaRoot batch = Tables.numbered(allocator, 0, 10_000);
        ObjectWriter writer =
            client.writer("x", batch.getSchema(), RoundTripTest.noDictionaries())) {
      writer.append(batch);
      assertThatThrownBy(() -> writer.append(batch))
          .isInstanceOfSatisfying(
              ObjectException.class,
              e -> assertThat(e.kind()).isEqualTo(ObjectException.Kind.NO_SPACE));
      writer.seal();
    }
    try (ArrowObject object = client.get("x")) {
      assertThat(object.batch(0).getRowCount()).isEqualTo(10_000);
    }
  }

  @Test
  void aWriterThatIsClosedOrLosesItsClientLeavesNothing() throws Exception {
    try (VectorSchemaRoot batch = Tables.numbered(allocator, 0, 10_000)) {
      try (ObjectWriter given =
          client.writer("x", batch.getSchema(), RoundTripTest.noDictionaries())) {
        given.append(batch);
        assertThat(node.staged).hasSize(1);
      }
      assertThat(node.staged).isEmpty();
      ObjectClient other = ObjectClient.connect(node.socket);
      ObjectWriter orphan = other.writer("y", batch.getSchema(), RoundTripTest.noDictionaries());
      orphan.append(batch);
      other.close();
      assertThatThrownBy(orphan::seal).isInstanceOf(ObjectException.class);
      await(() -> node.staged.isEmpty());
    }
    assertThat(client.list("")).isEmpty();
    assertThat(Tables.mappings("gridset-fake")).isEmpty();
  }

  @Test
  void descriptorsAndMappingsDoNotPileUp() throws Exception {
    put("warm", 0, 20_000);
    client.get("warm").close();
    long before = descriptors();
    for (int i = 0; i < 200; i++) {
      put("x" + i, i, i % 2 == 0 ? 10 : 20_000);
      try (ArrowObject object = client.get("x" + i)) {
        object.batch(0);
      }
      assertThat(client.delete("x" + i)).isTrue();
    }
    assertThat(descriptors()).isLessThanOrEqualTo(before + 2);
    assertThat(Tables.mappings("gridset-fake")).isEmpty();
    assertThat(node.connected).as("one caller, one connection").isEqualTo(1);
  }

  private static long descriptors() throws IOException {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  @Test
  void manyThreadsPutAndGetAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Void>> work =
          java.util.stream.IntStream.range(0, 64)
              .<Callable<Void>>mapToObj(i -> () -> putAndGet(i))
              .toList();
      for (Future<Void> done : threads.invokeAll(work)) {
        done.get();
      }
    }
    assertThat(client.list("t/")).hasSize(64);
    await(() -> node.connected <= 4);
  }

  private Void putAndGet(int i) throws IOException {
    put("t/" + i, 1000L * i, 3000);
    try (ArrowObject object = client.get("t/" + i);
        VectorSchemaRoot same = Tables.numbered(allocator, 1000L * i, 3000)) {
      assertThat(Tables.values(object.batch(0))).isEqualTo(Tables.values(same));
    }
    return null;
  }

  @Test
  void buffersThatAreKeptFailTheCloseAndKeepTheMapping() throws IOException {
    put("x", 42, 50_000);
    ArrowObject object = client.get("x");
    ArrowBuf kept = object.batch(0).getVector(0).getDataBuffer();
    kept.getReferenceManager().retain();
    assertThatThrownBy(object::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("buffers of the object x are still in use");
    assertThat(kept.getLong(0)).isEqualTo(42);
    assertThat(Tables.mappings("gridset-fake")).hasSize(1);
    kept.close();
    object.close();
    assertThat(Tables.mappings("gridset-fake")).isEmpty();
  }

  @Test
  void aClientSaysWhichObjectsWereNotClosed() throws IOException {
    put("left/open", 0, 10);
    ObjectClient other = ObjectClient.connect(node.socket);
    ArrowObject object = other.get("left/open");
    assertThatThrownBy(other::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not closed: [default:left/open]");
    assertThat(object.batch(0).getVector(0).getObject(9)).isEqualTo(9L);
    object.close();
    other.close();
  }

  @Test
  void oneOfTwoIsGrantedAClaimAndTheOtherFindsTheObject() throws Exception {
    try (VectorSchemaRoot table = Tables.numbered(allocator, 0, 10);
        Claim mine = client.claim("once", Duration.ZERO)) {
      assertThat(mine.state()).isEqualTo(Claim.State.GRANTED);
      try (Claim late = client.claim("once", Duration.ofMillis(20))) {
        assertThat(late.state()).isEqualTo(Claim.State.BUSY);
      }
      try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
        Future<Claim.State> waiting =
            threads.submit(
                () -> {
                  try (Claim claim = client.claim("once", Duration.ofSeconds(60))) {
                    return claim.state();
                  }
                });
        mine.put(table, RoundTripTest.noDictionaries());
        assertThat(waiting.get()).isEqualTo(Claim.State.EXISTS);
      }
    }
    try (Claim again = client.claim("other", Duration.ZERO)) {
      assertThat(again.state()).isEqualTo(Claim.State.GRANTED);
    }
    try (Claim released = client.claim("other", Duration.ZERO)) {
      assertThat(released.state()).isEqualTo(Claim.State.GRANTED);
    }
  }

  @Test
  void listingGoesThroughAllPagesOfItsNamespace() throws IOException {
    for (int i = 0; i < 7; i++) {
      put("risk/" + i, 0, 1);
    }
    put("other:risk/x", 0, 1);
    put("roads", 0, 1);
    assertThat(client.list("risk/")).extracting(ObjectInfo::name).hasSize(7).isSorted();
    assertThat(client.list("other:")).extracting(ObjectInfo::namespace).containsExactly("other");
  }

  @Test
  void lostObjectsAreListedApartWithTheirNode() throws IOException {
    for (int i = 0; i < 5; i++) {
      put("risk/" + i, 0, 1);
    }
    for (int i = 1; i < 5; i++) {
      node.lose("default:risk/" + i, "n" + i);
    }
    assertThat(client.list("risk/")).extracting(ObjectInfo::name).containsExactly("risk/0");
    assertThat(client.list("risk/")).extracting(ObjectInfo::lostWith).containsOnlyNulls();
    assertThat(client.lost("risk/"))
        .extracting(ObjectInfo::lostWith)
        .containsExactly("n1", "n2", "n3", "n4");
  }

  @Test
  void anObjectIsCopiedOrMovedToANode() throws IOException {
    put("x", 0, 1);
    assertThat(client.copyTo("x", "n2").held()).isTrue();
    assertThat(client.migrate("x", "n3").holders()).containsExactly("n3");
    assertThat(client.describe("x").held()).isFalse();
  }

  @Test
  void attributesTravel() throws IOException {
    ObjectAttributes attributes =
        ObjectAttributes.plain()
            .persisted()
            .withReplicas(2)
            .withTimeToLive(Duration.ofHours(3))
            .withLabel("team", "risk")
            .withParents(List.of("raw/a", "raw/b"))
            .withProducer("a test");
    try (VectorSchemaRoot table = Tables.numbered(allocator, 0, 1);
        BatchSource source =
            BatchSource.of(
                table.getSchema(), RoundTripTest.noDictionaries(), List.of(table).iterator())) {
      assertThat(client.put("x", source, attributes).attributes()).isEqualTo(attributes);
    }
    assertThat(client.describe("x").attributes()).isEqualTo(attributes);
  }

  @Test
  void aNodeThatFallsSilentOrDiesIsAnErrorAndTheNextCallFindsItAgain() throws Exception {
    put("x", 0, 10);
    try (ObjectClient hasty =
        ObjectClient.connect(ClientSettings.at(node.socket).withPatience(Duration.ofMillis(300)))) {
      node.silent = true;
      assertThatThrownBy(() -> hasty.describe("x"))
          .isInstanceOfSatisfying(
              ObjectException.class,
              e -> assertThat(e.kind()).isEqualTo(ObjectException.Kind.TIMED_OUT));
      try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
        int asked = node.operations.size();
        Future<?> waiting = threads.submit(() -> client.describe("x"));
        await(() -> node.operations.size() > asked);
        node.hangUp();
        assertThatThrownBy(waiting::get)
            .hasRootCauseMessage("the node ended the connection")
            .cause()
            .hasMessageContaining("whether it did what was asked is not known");
      }
      node.silent = false;
      assertThat(client.describe("x").name()).isEqualTo("x");
      assertThat(hasty.describe("x").name()).isEqualTo("x");
    }
  }

  @Test
  void whereNoNodeListensTheErrorSaysWhatToDo(@TempDir Path directory) throws IOException {
    Path nowhere = directory.resolve("objects.sock");
    assertThatThrownBy(() -> ObjectClient.connect(nowhere))
        .isInstanceOf(ObjectException.class)
        .hasMessage(
            "no node of this machine listens at "
                + nowhere
                + "; start one (gridset up), or say where it runs (GRIDSET_RUN_DIR)");
    assertThatThrownBy(() -> ObjectClient.connect(directory.resolve("x".repeat(120))))
        .hasMessageContaining("at most 107 bytes");
    assertThat(
            ClientSettings.of(java.util.Map.of("GRIDSET_RUN_DIR", "/run/mine")).socket().toString())
        .isEqualTo("/run/mine/objects.sock");
  }

  private static void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(end);
      Thread.sleep(5);
    }
  }
}
