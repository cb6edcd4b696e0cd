package io.gridset.server.object.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.object.FolderObjectStore;
import io.gridset.core.object.ObjectName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Frames and sessions on a real socket.
@Timeout(120)
class ObjectDoorTest {
  private static final int CONNECTIONS = 24;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private FolderObjectStore store;
  private ObjectDoor door;

  @BeforeEach
  void open() throws IOException {
    store = new FolderObjectStore(Files.createDirectory(directory.resolve("objects")), "node-1");
    door =
        ObjectDoor.open(
            new DoorSettings(socket(), "node-1", "1.2.3", CONNECTIONS),
            store,
            new LocalObjectClaims(store));
  }

  @AfterEach
  void close() {
    door.close();
    assertThat(socket()).doesNotExist();
    assertThat(store.staged).as("stagings left").hasValue(0);
    assertThat(store.open).as("files left open").hasValue(0);
  }

  private Path socket() {
    return directory.resolve("objects.sock");
  }

  private DoorClient client() throws IOException {
    return new DoorClient(socket());
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static List<Path> descriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files.toList();
    }
  }

  @Test
  void theNodeTellsWhoItIs() throws IOException {
    try (DoorClient client = client()) {
      JsonNode hello = client.ask("{'op': 'hello', 'client': 'test', 'token': ''}");
      assertThat(hello.path("node").asText()).isEqualTo("node-1");
      assertThat(hello.path("version").asText()).isEqualTo("1.2.3");
      assertThat(hello.path("inlineBytes").asInt()).isEqualTo(65_536);
    }
  }

  @Test
  void aSmallObjectTravelsInFrames() throws IOException {
    byte[] payload = FolderObjectStore.payload(40_000);
    try (DoorClient client = client()) {
      JsonNode put =
          client.ask(
              "{'op': 'put', 'name': 'risk/x', 'attributes': {'form': 'numpy', 'labels': {'team':"
                  + " 'ä'}, 'timeToLiveSeconds': 60, 'replicas': 2}, 'unknown': [1]}",
              payload);
      assertThat(put.at("/object/name").asText()).isEqualTo("risk/x");
      assertThat(put.at("/object/namespace").asText()).isEqualTo("default");
      assertThat(put.at("/object/bytes").asLong()).isEqualTo(40_000);
      assertThat(put.at("/object/held").asBoolean()).isTrue();
      assertThat(put.at("/object/attributes/labels/team").asText()).isEqualTo("ä");
      assertThat(put.at("/object/attributes/timeToLiveSeconds").asLong()).isEqualTo(60);
      JsonNode got = client.ask("{'op': 'get', 'name': 'risk/x'}");
      assertThat(got.path("inline").asBoolean()).isTrue();
      assertThat(client.tail()).isEqualTo(payload);
      assertThat(client.file()).isEmpty();
      assertThat(got.path("object")).isEqualTo(put.path("object"));
    }
  }

  @Test
  void aLargeObjectIsWrittenAndReadThroughDescriptors() throws IOException {
    byte[] payload = FolderObjectStore.payload(3_000_000);
    try (DoorClient client = client()) {
      JsonNode staged = client.ask("{'op': 'create', 'bytes': 3000000}");
      assertThat(staged.path("capacity").asLong()).isEqualTo(3_000_000);
      try (var file = client.file().orElseThrow();
          FileChannel channel =
              FileChannel.open(
                  file.processPath(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        channel.map(FileChannel.MapMode.READ_WRITE, 0, payload.length).put(payload);
      }
      JsonNode sealed =
          client.ask(
              "{'op': 'seal', 'staging': '%s', 'bytes': 3000000, 'name': 'big'}",
              staged.path("staging").asText());
      assertThat(sealed.at("/object/rows").asInt()).isEqualTo(3);
      JsonNode got = client.ask("{'op': 'get', 'name': 'big', 'fetch': true}");
      assertThat(got.path("descriptor").asBoolean()).isTrue();
      try (var file = client.file().orElseThrow();
          FileChannel channel = FileChannel.open(file.processPath())) {
        ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        assertThat(mapped).isEqualTo(ByteBuffer.wrap(payload));
      }
      assertThat(client.ask("{'op': 'delete', 'name': 'big'}").path("deleted").asBoolean())
          .isTrue();
      assertThat(client.ask("{'op': 'delete', 'name': 'big'}").path("deleted").asBoolean())
          .isFalse();
    }
  }

  @Test
  void aDescriptorToReadByDoesNotWrite() throws IOException {
    try (DoorClient client = client()) {
      JsonNode staged = client.ask("{'op': 'create', 'bytes': 100000}");
      try (var file = client.file().orElseThrow();
          FileChannel channel = FileChannel.open(file.processPath(), StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(FolderObjectStore.payload(100_000)), 0);
      }
      client.ask(
          "{'op': 'seal', 'staging': '%s', 'bytes': 100000, 'name': 'a'}",
          staged.path("staging").asText());
      client.ask("{'op': 'get', 'name': 'a'}");
      try (var file = client.file().orElseThrow()) {
        String flags =
            Files.readString(Path.of("/proc/self/fdinfo").resolve(file.processPath().getFileName()))
                .replaceFirst("(?s).*flags:\\s+([0-7]+).*", "$1");
        assertThat(Integer.parseInt(flags, 8) & 3).as("access mode").isZero();
      }
    }
  }

  @Test
  void aConnectionThatEndsGivesBackWhatItHeld() throws IOException {
    DoorClient client = client();
    for (int i = 0; i < 5; i++) {
      client.ask("{'op': 'create', 'bytes': 100000}");
      client.file().orElseThrow().close();
    }
    assertThat(client.ask("{'op': 'claim', 'name': 'mine'}").path("state").asText())
        .isEqualTo("granted");
    assertThat(store.staged).hasValue(5);
    client.sendRaw(ByteBuffer.allocateDirect(5).put(new byte[] {100, 0, 0, 0, 9}).flip());
    client.close(); // In the middle of a frame.
    await("stagings given back", () -> store.staged.get() == 0);
    try (DoorClient other = client()) {
      assertThat(
              other
                  .ask("{'op': 'claim', 'name': 'mine', 'waitMillis': 30000}")
                  .path("state")
                  .asText())
          .isEqualTo("granted");
    }
  }

  @Test
  void aDescriptorThatNobodyTookIsGone() throws IOException {
    DoorClient client = client();
    client.ask("{'op': 'hello'}");
    int before = descriptors().size();
    client.send("{'op': 'create', 'bytes': 100000}", new byte[0]);
    await("a staging", () -> store.staged.get() == 1);
    client.close();
    await("given back", () -> store.staged.get() == 0);
    await("connection ended", () -> door.connections() == 0);
    assertThat(descriptors().size()).isLessThan(before);
  }

  @Test
  void refusalsNameTheReasonAndTheConversationGoesOn() throws IOException {
    try (DoorClient client = client()) {
      client.ask("{'op': 'put', 'name': 'x_train'}", FolderObjectStore.payload(100));
      client.refused("{'op': 'get', 'name': 'x_trian'}", "NOT_FOUND", "did you mean x_train?");
      client.refused("{'op': 'describe', 'name': 'x_tran'}", "NOT_FOUND", "did you mean x_train?");
      client.refused("{'op': 'fly'}", "UNSUPPORTED", "no operation \"fly\"");
      client.refused("{'op': 'get'}", "INVALID", "\"get\" needs \"name\"");
      client.refused("{'op': 'get', 'name': '../x'}", "INVALID", "object name");
      client.refused("{'op': 'create', 'bytes': -1}", "INVALID", "bytes: at least 1");
      client.refused("{'op': 'put', 'name': 'y'}", "INVALID", "as its tail");
      client.refused("{'op': 'seal', 'staging': 'z', 'bytes': 1, 'name': 'y'}", "INVALID", "\"z\"");
      client.refused("{'op': 'list', 'limit': 0}", "INVALID", "limit");
      client.refused("[]", "INVALID", "not a request");
      client.refused("{'op': 7", "INVALID", "not a request");
      client.refused("null", "INVALID", "null");
      client.send("{'op': 'put', 'name': 'x_train'}", FolderObjectStore.payload(100));
      assertThat(client.receive().path("kind").asText()).isEqualTo("ALREADY_EXISTS");
      client.send("{'op': 'put', 'name': 'z'}", new byte[100]);
      assertThat(client.receive().path("kind").asText()).isEqualTo("INVALID");
      client.send(
          "{'op': 'put', 'name': 'z', 'attributes': {'producer': '" + "p".repeat(70_000) + "'}}",
          FolderObjectStore.payload(100));
      assertThat(client.receive().path("message").asText()).contains("attributes");
      client.send(
          "{'op': 'put', 'name': 'z', 'attributes': {'replicas': 99}}",
          FolderObjectStore.payload(100));
      assertThat(client.receive().path("message").asText()).contains("replicas");
      assertThat(client.ask("{'op': 'hello'}").path("ok").asBoolean()).isTrue();
    }
  }

  @Test
  void anotherConnectionsStagingIsOutOfReach() throws IOException {
    try (DoorClient owner = client();
        DoorClient other = client()) {
      JsonNode staged = owner.ask("{'op': 'create', 'bytes': 100}");
      owner.file().orElseThrow().close();
      String id = staged.path("staging").asText();
      other.refused("{'op': 'abort', 'staging': '" + id + "'}", "INVALID", "no staging");
      owner.ask("{'op': 'abort', 'staging': '%s'}", id);
      assertThat(store.staged).hasValue(0);
      owner.refused("{'op': 'abort', 'staging': '" + id + "'}", "INVALID", "no staging");
    }
  }

  @Test
  void aListingComesInPages() throws IOException {
    try (DoorClient client = client()) {
      for (int i = 0; i < 25; i++) {
        String labels = "{'l': '" + "x".repeat(30_000) + "'}";
        client.ask(
            String.format("{'op': 'put', 'name': 'p/%02d', 'attributes': {'labels': ", i)
                + labels
                + "}}",
            FolderObjectStore.payload(64));
      }
      client.ask("{'op': 'put', 'name': 'q'}", FolderObjectStore.payload(64));
      List<String> names = new ArrayList<>();
      int pages = 0;
      JsonNode page;
      do {
        page =
            client.ask(
                "{'op': 'list', 'namespace': 'default', 'prefix': 'p/', 'after': '%s'}",
                names.isEmpty() ? "" : names.getLast());
        page.path("objects").forEach(object -> names.add(object.path("name").asText()));
        pages++;
      } while (page.path("more").asBoolean());
      assertThat(names).hasSize(25).isSorted().doesNotHaveDuplicates();
      assertThat(pages).as("a page has a limit in bytes").isGreaterThan(1);
      JsonNode two = client.ask("{'op': 'list', 'prefix': 'p/', 'after': 'p/03', 'limit': 2}");
      assertThat(two.path("objects").findValuesAsText("name")).containsExactly("p/04", "p/05");
    }
  }

  @Test
  void ofManyWhoClaimANameOneIsGrantedItAndTheOthersSeeItsPut() throws Exception {
    try (DoorClient first = client();
        DoorClient second = client()) {
      String claim = "{'op': 'claim', 'name': 'c', 'waitMillis': %s}";
      assertThat(first.ask(claim, "0").path("state").asText()).isEqualTo("granted");
      assertThat(second.ask(claim, "10").path("state").asText()).isEqualTo("busy");
      CompletableFuture<String> waiting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return second.ask(claim, "60000").path("state").asText();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      first.ask("{'op': 'put', 'name': 'c'}", FolderObjectStore.payload(100));
      assertThat(waiting.get()).isEqualTo("exists");
      first.ask("{'op': 'delete', 'name': 'c'}");
      assertThat(second.ask(claim, "0").path("state").asText()).isEqualTo("granted");
      second.ask("{'op': 'release', 'name': 'c'}");
      assertThat(first.ask(claim, "0").path("state").asText()).isEqualTo("granted");
    }
  }

  @Test
  void hostileFramesEndTheirConnectionOnly() throws IOException {
    Random random = new Random(4711);
    try (DoorClient polite = client()) {
      for (int round = 0; round < 200; round++) {
        try (DoorClient hostile = client()) {
          byte[] rubbish = new byte[8 + random.nextInt(5000)];
          random.nextBytes(rubbish);
          hostile.sendRaw(ByteBuffer.allocateDirect(rubbish.length).put(rubbish).flip());
        } catch (IOException e) {
          // The node hung up on it before all was sent.
          assertThat(e).hasMessageContaining("the other end is gone");
        }
      }
      try (DoorClient announcing = client()) {
        announcing.sendRaw(
            ByteBuffer.allocateDirect(8).put(new byte[] {-1, -1, -1, -1, 0, 0, 0, 0}).flip());
        assertThat(announcing.receive().path("kind").asText()).isEqualTo("INVALID");
        assertThatThrownBy(announcing::receive).isInstanceOf(java.io.EOFException.class);
      }
      assertThat(polite.ask("{'op': 'hello'}").path("ok").asBoolean()).isTrue();
    }
    await("all hostile ones gone", () -> door.connections() == 0);
  }

  @Test
  void framesThatComeInPiecesAndTogetherAreTakenApart() throws IOException {
    try (DoorClient client = client()) {
      byte[] payload = FolderObjectStore.payload(9_000);
      ByteBuffer both =
          ByteBuffer.allocateDirect(40_000)
              .put(DoorClient.frame("{'op': 'put', 'name': 'a'}", payload))
              .put(DoorClient.frame("{'op': 'put', 'name': 'b'}", payload))
              .flip();
      int half = 4_001;
      client.sendRaw(both.slice(0, half));
      client.sendRaw(both.slice(half, 3));
      client.sendRaw(both.slice(half + 3, both.limit() - half - 3));
      assertThat(client.receive().at("/object/name").asText()).isEqualTo("a");
      assertThat(client.receive().at("/object/name").asText()).isEqualTo("b");
      client.ask("{'op': 'get', 'name': 'b'}");
      assertThat(client.tail()).isEqualTo(payload);
    }
  }

  @Test
  void whoeverIsOneTooManyIsToldSo() throws IOException {
    List<DoorClient> clients = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      clients.add(client());
      clients.get(i).ask("{'op': 'hello'}");
    }
    try (DoorClient late = client()) {
      assertThat(late.receive().path("kind").asText()).isEqualTo("THROTTLED");
    }
    for (DoorClient client : clients) {
      client.close();
    }
    await("connections ended", () -> door.connections() == 0);
    try (DoorClient again = client()) {
      assertThat(again.ask("{'op': 'hello'}").path("ok").asBoolean()).isTrue();
    }
  }

  @Test
  void aNodeThatStopsEndsConversationsAndGivesBackTheirStagings() throws IOException {
    DoorClient client = client();
    client.ask("{'op': 'create', 'bytes': 100}");
    client.file().orElseThrow().close();
    door.close();
    assertThat(store.staged).hasValue(0);
    assertThatThrownBy(client::receive).isInstanceOf(java.io.EOFException.class);
    client.close();
    assertThat(store.find(ObjectName.of("none"))).isEmpty();
  }
}
