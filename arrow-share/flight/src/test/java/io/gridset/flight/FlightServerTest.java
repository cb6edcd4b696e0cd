package io.gridset.flight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.arrow.RandomTables;
import io.gridset.arrow.Tables;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.store.StorageException;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectStoreSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightClient.ClientStreamListener;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.flight.grpc.CredentialCallOption;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Arrow's own client against the endpoint, over a real store in memory.
class FlightServerTest {
  private static final long QUOTA = 256L << 20;
  private static final String TOKEN = "secret-of-this-test";

  private final BufferAllocator allocator = new RootAllocator();
  private Path directory;
  private LocalObjectStore store;
  private FlightServer server;
  private FlightClient client;
  private final CredentialCallOption bearer =
      new CredentialCallOption(headers -> headers.insert("authorization", "Bearer " + TOKEN));

  @BeforeEach
  void start() throws IOException {
    Path shared = Path.of("/dev/shm");
    directory =
        Files.isWritable(shared)
            ? Files.createTempDirectory(shared, "gridset-flight-test-")
            : Files.createTempDirectory("gridset-flight-test-");
    store =
        LocalObjectStore.open(ObjectStoreSettings.inMemory(directory.resolve("o"), QUOTA, "n1"));
    server =
        new FlightServer(
            new FlightServer.Settings("127.0.0.1", 0, Optional.empty(), TOKEN::equals), store);
    client = connect();
  }

  private FlightClient connect() {
    return FlightClient.builder(allocator, Location.forGrpcInsecure("127.0.0.1", server.port()))
        .build();
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    client.close();
    server.close();
    store.close();
    assertThat(Tables.mappings(directory.toString())).as("mappings that are left").isEmpty();
    try (var files = Files.walk(directory)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    allocator.close();
  }

  @Test
  void whatIsPutIsListedAndGotByName() throws Exception {
    put("risk/2024/x_train", 3, 999);
    put("risk/2025/x_train", 1, 10);
    put("team:other", 1, 5);

    List<FlightInfo> listed = list("risk/2024");
    assertThat(listed).hasSize(1);
    FlightInfo info = listed.getFirst();
    assertThat(info.getDescriptor().getPath()).containsExactly("risk/2024/x_train");
    assertThat(info.getRecords()).isEqualTo(2997);
    assertThat(info.getBytes()).isEqualTo(object("risk/2024/x_train").bytes());
    assertThat(info.getSchemaOptional().orElseThrow().getFields()).hasSize(2);
    assertThat(list("")).hasSize(2);
    assertThat(list("team:"))
        .singleElement()
        .satisfies(i -> assertThat(i.getDescriptor().getPath()).containsExactly("team:other"));

    FlightInfo asked = client.getInfo(FlightDescriptor.path("risk", "2024", "x_train"), bearer);
    assertThat(asked.getEndpoints()).hasSize(1);
    assertThat(asked.getEndpoints().getFirst().getLocations()).isEmpty();
    assertThat(client.getSchema(FlightDescriptor.path("risk/2024/x_train"), bearer).getSchema())
        .isEqualTo(asked.getSchemaOptional().orElseThrow());
    try (VectorSchemaRoot expected = Tables.numbered(allocator, 0, 2997)) {
      assertThat(get(asked.getEndpoints().getFirst().getTicket()))
          .isEqualTo(Tables.values(expected));
      assertThat(get(ticket("risk/2024/x_train"))).isEqualTo(Tables.values(expected));
      assertThat(get(ticket("default:risk/2024/x_train"))).isEqualTo(Tables.values(expected));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyTypeGoesInAndComesOutAsItWas(long seed) throws Exception {
    try (VectorSchemaRoot table = new RandomTables(allocator, seed).table(300)) {
      List<List<String>> expected = Tables.values(table);
      send("all/types", table, new DictionaryProvider.MapDictionaryProvider());
      List<List<String>> found = get(ticket("all/types"));
      for (int i = 0; i < expected.size(); i++) {
        assertThat(found.get(i))
            .as("seed %s, column %s", seed, table.getVector(i).getField())
            .isEqualTo(expected.get(i));
      }
      assertAligned("all/types");
    }
  }

  @Test
  void dictionariesComeAlong() throws Exception {
    DictionaryProvider.MapDictionaryProvider provider =
        new DictionaryProvider.MapDictionaryProvider();
    try (VarCharVector words = new VarCharVector("words", allocator);
        VarCharVector plain = new VarCharVector("plain", allocator)) {
      for (int i = 0; i < 10; i++) {
        words.setSafe(i, ("word " + i).getBytes(StandardCharsets.UTF_8));
      }
      words.setValueCount(10);
      for (int i = 0; i < 1000; i++) {
        plain.setSafe(i, ("word " + i * 7 % 10).getBytes(StandardCharsets.UTF_8));
      }
      plain.setValueCount(1000);
      Dictionary dictionary = new Dictionary(words, new DictionaryEncoding(7, false, null));
      provider.put(dictionary);
      try (FieldVector encoded = (FieldVector) DictionaryEncoder.encode(plain, dictionary);
          VectorSchemaRoot table = new VectorSchemaRoot(List.of(encoded))) {
        send("coded", table, provider);
      }
      try (FlightStream stream = client.getStream(ticket("coded"), bearer)) {
        assertThat(stream.next()).isTrue();
        FieldVector indices = stream.getRoot().getVector(0);
        try (FieldVector decoded =
            (FieldVector)
                DictionaryEncoder.decode(
                    indices,
                    stream
                        .getDictionaryProvider()
                        .lookup(indices.getField().getDictionary().getId()))) {
          assertThat(Tables.values(decoded)).isEqualTo(Tables.values(plain));
        }
      }
    }
  }

  @Test
  void aLargeTableOfManyBatchesGrowsInPlaceAndComesBackWhole() throws Exception {
    put("large", 60, 30_000);
    try (VectorSchemaRoot expected = Tables.numbered(allocator, 0, 60 * 30_000)) {
      assertThat(get(ticket("large"))).isEqualTo(Tables.values(expected));
    }
    assertAligned("large");
    awaitMemory(object("large").bytes() + (1 << 20));
  }

  @Test
  void manyReadersAtOnceGetTheSame() throws Exception {
    put("shared", 20, 10_000);
    List<List<String>> expected = get(ticket("shared"));
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<List<List<String>>>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        all.add(pool.submit(() -> get(ticket("shared"))));
      }
      for (Future<List<List<String>>> each : all) {
        assertThat(each.get()).isEqualTo(expected);
      }
    }
    assertThat(store.delete(ObjectName.of("shared"))).isTrue();
    awaitTrue("no mapping is left", () -> Tables.mappings(directory.toString()).isEmpty());
  }

  @Test
  void aReaderThatLeavesMidwayLeavesNothingBehind() throws Exception {
    put("left", 100, 20_000);
    for (int i = 0; i < 5; i++) {
      try (FlightStream stream = client.getStream(ticket("left"), bearer)) {
        assertThat(stream.next()).isTrue();
        stream.cancel("enough", null);
      }
    }
    awaitTrue("calls end", () -> server.calls() == 0);
    assertThat(store.delete(ObjectName.of("left"))).isTrue();
    awaitMemory(0);
  }

  @Test
  void whatIsDeletedWhileItIsReadIsReadToItsEnd() throws Exception {
    put("going", 200, 20_000);
    try (FlightStream stream = client.getStream(ticket("going"), bearer)) {
      assertThat(stream.next()).isTrue();
      assertThat(store.delete(ObjectName.of("going"))).isTrue();
      put("going", 1, 3);
      long rows = stream.getRoot().getRowCount();
      while (stream.next()) {
        BigIntVector ids = (BigIntVector) stream.getRoot().getVector("id");
        assertThat(ids.get(0)).isEqualTo(rows);
        rows += stream.getRoot().getRowCount();
      }
      assertThat(rows).isEqualTo(200 * 20_000);
    }
  }

  @Test
  void aPutThatBreaksOffLeavesNothing() throws Exception {
    try (VectorSchemaRoot table = Tables.numbered(allocator, 0, 50_000)) {
      AsyncPutListener listener = new AsyncPutListener();
      ClientStreamListener stream =
          client.startPut(FlightDescriptor.path("half"), table, listener, bearer);
      for (int i = 0; i < 5; i++) {
        stream.putNext();
      }
      awaitTrue("memory is staged", () -> store.usage().memoryBytes() > 1 << 20);
      stream.error(new IllegalStateException("gone"));
      awaitTrue("the call ends", () -> server.calls() == 0);
    }
    awaitMemory(0);
    assertThat(store.find(ObjectName.of("half"))).isEmpty();
    assertThat(list("")).isEmpty();
    put("half", 1, 10);
  }

  @Test
  void aNameInUseAnUnknownOneAndAReplacedOneAreErrors() throws Exception {
    put("risk/model", 1, 10);
    assertCode(FlightStatusCode.ALREADY_EXISTS, () -> put("risk/model", 1, 10));
    assertThat(object("risk/model").rows()).isEqualTo(10);
    assertThatThrownBy(() -> get(ticket("risk/modal"))).hasMessageContaining("risk/model");
    assertCode(FlightStatusCode.NOT_FOUND, () -> get(ticket("risk/modal")));
    assertCode(
        FlightStatusCode.NOT_FOUND,
        () -> client.getInfo(FlightDescriptor.path("risk", "modal"), bearer));
    Ticket old =
        client
            .getInfo(FlightDescriptor.path("risk/model"), bearer)
            .getEndpoints()
            .getFirst()
            .getTicket();
    client.doAction(action("risk/model"), bearer).forEachRemaining(_ -> {});
    put("risk/model", 1, 20);
    assertCode(FlightStatusCode.NOT_FOUND, () -> get(old));
    assertCode(
        FlightStatusCode.INVALID_ARGUMENT,
        () ->
            client.getInfo(FlightDescriptor.command("x".getBytes(StandardCharsets.UTF_8)), bearer));
    assertCode(FlightStatusCode.INVALID_ARGUMENT, () -> get(ticket("../etc")));
    assertCode(FlightStatusCode.NOT_FOUND, () -> client.doAction(action("nil"), bearer).hasNext());
  }

  private static Action action(String name) {
    return new Action("delete", name.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aFullMemoryIsAnErrorAndLeavesNothing() throws Exception {
    put("kept", 1, 1000);
    long before = store.usage().memoryBytes();
    assertCode(FlightStatusCode.RESOURCE_EXHAUSTED, () -> put("too/large", 120, 200_000));
    awaitMemory(before);
    assertThat(get(ticket("kept")).getFirst()).hasSize(1000);
  }

  @Test
  void whoDoesNotKnowTheTokenGetsNothing() throws Exception {
    put("secret", 1, 10);
    try (FlightClient stranger = connect()) {
      assertCode(FlightStatusCode.UNAUTHENTICATED, () -> first(stranger.listFlights(Criteria.ALL)));
      assertCode(
          FlightStatusCode.UNAUTHENTICATED,
          () -> stranger.getInfo(FlightDescriptor.path("secret"), header("Bearer wrong")));
      assertCode(
          FlightStatusCode.UNAUTHENTICATED,
          () -> stranger.authenticateBasicToken("anybody", "wrong"));
      CredentialCallOption granted =
          stranger.authenticateBasicToken("anybody", TOKEN).orElseThrow();
      assertThat(stranger.getInfo(FlightDescriptor.path("secret"), granted).getRecords())
          .isEqualTo(10);
    }
  }

  private static HeaderCallOption header(String authorization) {
    CallHeaders headers = new FlightCallHeaders();
    headers.insert("authorization", authorization);
    return new HeaderCallOption(headers);
  }

  private static void first(Iterable<FlightInfo> infos) {
    assertThat(infos.iterator().hasNext()).isNotNull();
  }

  @Test
  void metadataOfTheCallSayWhatElseIsKnownOfTheObject() throws Exception {
    CallHeaders headers = new FlightCallHeaders();
    headers.insert("authorization", "Bearer " + TOKEN);
    headers.insert("gridset-time-to-live-seconds", "3600");
    try (VectorSchemaRoot table = Tables.numbered(allocator, 0, 10)) {
      AsyncPutListener listener = new AsyncPutListener();
      ClientStreamListener stream =
          client.startPut(
              FlightDescriptor.path("short"), table, listener, new HeaderCallOption(headers));
      stream.putNext();
      stream.completed();
      stream.getResult();
    }
    assertThat(object("short").attributes().timeToLive()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void rubbishHurtsNobodyElse() throws Exception {
    put("well", 1, 100);
    Random random = new Random(4);
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 30; i++) {
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        OutputStream out = socket.getOutputStream();
        if (i % 2 == 0) {
          out.write(preface);
        }
        byte[] rubbish = new byte[random.nextInt(2000)];
        random.nextBytes(rubbish);
        out.write(rubbish);
        out.flush();
      } catch (IOException e) {
        assertThat(e).as("the server hung up").isNotNull();
      }
    }
    assertThat(get(ticket("well")).getFirst()).hasSize(100);
    awaitTrue("calls end", () -> server.calls() == 0);
  }

  private void put(String name, int batches, int rows) throws Exception {
    try (VectorSchemaRoot table = Tables.numbered(allocator, 0, rows)) {
      AsyncPutListener listener = new AsyncPutListener();
      ClientStreamListener stream =
          client.startPut(FlightDescriptor.path(name), table, listener, bearer);
      for (int i = 0; i < batches; i++) {
        try (VectorSchemaRoot batch = Tables.numbered(allocator, (long) i * rows, rows)) {
          for (int column = 0; column < 2; column++) {
            batch.getVector(column).makeTransferPair(table.getVector(column)).transfer();
          }
        }
        awaitTrue("the stream is ready", () -> stream.isReady() || listener.isCancelled());
        stream.putNext();
      }
      stream.completed();
      stream.getResult();
    }
  }

  private void send(String name, VectorSchemaRoot table, DictionaryProvider dictionaries) {
    AsyncPutListener listener = new AsyncPutListener();
    ClientStreamListener stream =
        client.startPut(FlightDescriptor.path(name), table, dictionaries, listener, bearer);
    stream.putNext();
    stream.completed();
    stream.getResult();
  }

  private List<List<String>> get(Ticket ticket) throws Exception {
    List<List<String>> values = new ArrayList<>();
    try (FlightStream stream = client.getStream(ticket, bearer)) {
      while (stream.next()) {
        List<List<String>> some = Tables.values(stream.getRoot());
        for (int i = 0; i < some.size(); i++) {
          if (values.size() <= i) {
            values.add(new ArrayList<>());
          }
          values.get(i).addAll(some.get(i));
        }
      }
    }
    return values;
  }

  private List<FlightInfo> list(String prefix) {
    return StreamSupport.stream(
            client
                .listFlights(new Criteria(prefix.getBytes(StandardCharsets.UTF_8)), bearer)
                .spliterator(),
            false)
        .toList();
  }

  private static Ticket ticket(String name) {
    return new Ticket(name.getBytes(StandardCharsets.UTF_8));
  }

  private ObjectInfo object(String name) throws StorageException {
    return store.find(ObjectName.of(name)).orElseThrow();
  }

  @FunctionalInterface
  private interface Call {
    void run() throws Exception;
  }

  private static void assertCode(FlightStatusCode code, Call call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            FlightRuntimeException.class,
            e -> assertThat(e.status().code()).as(e.getMessage()).isEqualTo(code));
  }

  /// Each buffer of each batch begins at a multiple of 64.
  private void assertAligned(String name) throws IOException {
    byte[] file;
    try (var open = store.open(ObjectName.of(name), Reach.LOCAL);
        var bytes = open.read(0, (int) open.entry().sizeBytes())) {
      file = new byte[bytes.byteCount()];
      bytes.buffers().getFirst().get(file);
    }
    ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int length = all.getInt(file.length - 10);
    Footer footer =
        Footer.getRootAsFooter(
            all.slice(file.length - 10 - length, length).order(ByteOrder.LITTLE_ENDIAN));
    for (int i = 0; i < footer.recordBatchesLength(); i++) {
      int at = (int) footer.recordBatches(i).offset();
      int metadata = footer.recordBatches(i).metaDataLength();
      assertThat((at + metadata) % 64).isZero();
      Message message =
          Message.getRootAsMessage(all.slice(at + 8, metadata - 8).order(ByteOrder.LITTLE_ENDIAN));
      RecordBatch batch = (RecordBatch) message.header(new RecordBatch());
      for (int j = 0; j < batch.buffersLength(); j++) {
        assertThat(batch.buffers(j).offset() % 64).isZero();
      }
    }
    try (var reader =
        new org.apache.arrow.vector.ipc.ArrowFileReader(
            new org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel(file),
            allocator)) {
      while (reader.loadNextBatch()) {
        assertThat(reader.getVectorSchemaRoot().getRowCount()).isPositive();
      }
    }
    assertThat(new ByteArrayInputStream(file).readNBytes(6))
        .isEqualTo("ARROW1".getBytes(StandardCharsets.US_ASCII));
  }

  private void awaitMemory(long most) {
    awaitTrue(
        "memory comes back",
        () -> store.usage().memoryBytes() - store.usage().pooledBytes() <= most);
  }

  private static void awaitTrue(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plusSeconds(20);
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as(what).isBefore(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }
}
