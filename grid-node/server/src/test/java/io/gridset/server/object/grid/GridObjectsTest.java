package io.gridset.server.object.grid;

import static io.gridset.core.object.ObjectStoreContract.assertKind;
import static io.gridset.core.object.ObjectStoreContract.put;
import static io.gridset.core.object.ObjectStoreContract.read;
import static io.gridset.server.object.ObjectCatalogContract.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.file.OpenFile;
import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Placing;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.object.TestingIpc;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.door.ObjectClaims.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three members with real sockets, files and Hazelcast: objects that go from node to node.
class GridObjectsTest {
  private static final byte[] SMALL = TestingIpc.ofSize(1, 1000);

  /// Three ranges.
  private static final byte[] LARGE = TestingIpc.ofSize(2, 9_000_000);

  @TempDir private Path directory;
  private TestMembers members;

  @BeforeEach
  void start() throws Exception {
    members = new TestMembers(directory, 3);
  }

  @AfterEach
  void stop() {
    members.close();
  }

  private GridObjectStore store(int number) {
    return members.get(number).objects.store();
  }

  private String id(int number) {
    return members.get(number).member.id();
  }

  private static ObjectAttributes copies(int count) {
    return new ObjectAttributes("table", false, count, null, Map.of(), List.of(), "");
  }

  private byte[] fetched(int number, String name) throws StorageException {
    try (OpenFile file = store(number).open(ObjectName.of(name), Reach.FETCH)) {
      return read(file);
    }
  }

  private List<String> holders(int number, String name) throws StorageException {
    return store(number).find(ObjectName.of(name)).orElseThrow().holders();
  }

  @Test
  void bytesPutOnOneNodeAreTheSameOnTheOthersAndTravelOnce() throws Exception {
    put(store(0), "small", SMALL);
    put(store(0), "large", LARGE);
    assertThat(fetched(1, "small")).isEqualTo(SMALL);
    until("1 knows it", () -> store(1).find(ObjectName.of("large")).isPresent());
    assertKind(Kind.UNAVAILABLE, () -> store(1).open(ObjectName.of("large"), Reach.LOCAL).close());
    long before = members.get(0).server.statistics().blocksSent();
    List<Future<byte[]>> readers = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 8; i++) {
        readers.add(threads.submit(() -> fetched(1, "large")));
      }
    }
    for (Future<byte[]> reader : readers) {
      assertThat(reader.get()).isEqualTo(LARGE);
    }
    assertThat(members.get(0).server.statistics().blocksSent() - before).isEqualTo(3);
    assertThat(fetched(2, "large")).isEqualTo(LARGE);
    until("all hold it", () -> holders(0, "large").size() == 3);
    assertThat(fetched(1, "large")).isEqualTo(LARGE);
  }

  @Test
  void anObjectOfTwoCopiesSurvivesAnyNodeAndGetsItsSecondCopyBack() throws Exception {
    put(store(0), ObjectName.of("two"), LARGE, copies(2));
    List<String> both = holders(0, "two");
    assertThat(both).hasSize(2).contains(id(0));
    int other = both.contains(id(1)) ? 1 : 2;
    int third = 3 - other;
    members.stop(0);
    until("the third holds it", () -> members.get(third).objects.local().holds(idOf(other, "two")));
    until("the grid says so", () -> holders(other, "two").size() == 2);
    members.stop(other);
    assertThat(fetched(third, "two")).isEqualTo(LARGE);
  }

  private String idOf(int number, String name) throws StorageException {
    return store(number).find(ObjectName.of(name)).orElseThrow().id();
  }

  @Test
  void whatWasDeletedStaysDeletedWhoeverComesBack() throws Exception {
    put(store(0), ObjectName.of("gone"), LARGE, copies(3));
    put(store(0), ObjectName.of("kept"), LARGE, copies(3));
    put(store(1), "small", SMALL);
    put(store(1), "small-gone", SMALL);
    until("all hold it", () -> holders(0, "gone").size() == 3);
    String gone = idOf(0, "gone");
    members.stop(1);
    until("it is seen to be gone", () -> members.get(0).member.members().members().size() == 2);
    assertThat(store(2).delete(ObjectName.of("gone"))).isTrue();
    assertThat(store(2).delete(ObjectName.of("small-gone"))).isTrue();
    until("the holders let go", () -> !members.get(0).objects.local().holds(gone));
    members.stop(0);
    members.stop(2);
    members.start(1); // Which knows nothing of the deletion.
    members.start(0);
    members.start(2);
    members.untilTogether();
    for (int i = 0; i < 3; i++) {
      int number = i;
      until("nobody sees it", () -> store(number).find(ObjectName.of("gone")).isEmpty());
      until("nor this", () -> store(number).find(ObjectName.of("small-gone")).isEmpty());
      until("nobody holds it", () -> !members.get(number).objects.local().holds(gone));
      assertThat(fetched(i, "kept")).isEqualTo(LARGE);
      assertThat(fetched(i, "small")).isEqualTo(SMALL);
    }
  }

  @Test
  void whatNobodyHasIsMissedByItsNameAndThatOfTheNode() throws Exception {
    put(store(2), "mine", LARGE);
    until("0 knows it", () -> store(0).find(ObjectName.of("mine")).isPresent());
    members.stop(2);
    until("nobody holds it", () -> holders(0, "mine").isEmpty());
    assertKind(Kind.UNAVAILABLE, () -> fetched(0, "mine"), "default:mine", "n2");
    assertKind(Kind.ALREADY_EXISTS, () -> put(store(0), "mine", SMALL));
    for (String part : List.of("sealed", "records")) {
      try (var files = Files.newDirectoryStream(directory.resolve("member-2/objects/" + part))) {
        for (Path file : files) {
          Files.delete(file); // As the end of a machine does.
        }
      }
    }
    members.start(2);
    until("it is lost", () -> members.get(1).objects.store().lost("default", "").size() == 1);
    assertKind(Kind.UNAVAILABLE, () -> fetched(1, "mine"), "default:mine", "lost", "n2");
    until("0 knows it too", () -> members.get(0).objects.store().lost("default", "").size() == 1);
    LostObject lost = store(0).lost("default", "mi").getFirst();
    assertThat(lost.info().name()).isEqualTo(ObjectName.of("mine"));
    assertThat(lost.node()).isEqualTo("n2");
    assertThat(lost.info().bytes()).isEqualTo(LARGE.length);
    assertThat(store(1).list("default", "")).isEmpty();
    StorageException told = UnknownObject.in(store(1), ObjectName.of("mine"));
    assertThat(told.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(told).hasMessageContaining("n2 held it");
    put(store(0), "mine", SMALL);
    assertThat(fetched(1, "mine")).isEqualTo(SMALL);
    until("it is lost to nobody", () -> store(1).lost("default", "").isEmpty());
  }

  @Test
  void anObjectIsCopiedAndMovedToTheNodeThatIsNamedWhileReadersGoOn() throws Exception {
    put(store(0), "one", LARGE);
    put(store(0), "small", SMALL);
    put(store(0), ObjectName.of("two"), LARGE, copies(2));
    ObjectName one = ObjectName.of("one");
    assertThat(store(2).place(one, "n1", Placing.COPY).holders()).containsOnly(id(0), id(1));
    try (OpenFile reader = store(0).open(one, Reach.LOCAL)) {
      assertThat(store(0).place(one, id(2), Placing.MOVE).holders()).contains(id(2));
      until("only 2 holds it", () -> holders(0, "one").equals(List.of(id(2))));
      assertThat(read(reader)).isEqualTo(LARGE);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(members.get(i).objects.local().holds(idOf(2, "one"))).isFalse();
    }
    assertThat(fetched(2, "one")).isEqualTo(LARGE);
    assertThat(store(1).place(one, "", Placing.COPY).holders()).containsOnly(id(1), id(2));
    assertThat(store(1).place(ObjectName.of("small"), "n2", Placing.MOVE).holders()).hasSize(3);
    List<String> both = holders(0, "two");
    String third =
        List.of(id(0), id(1), id(2)).stream()
            .filter(i -> !both.contains(i))
            .findAny()
            .orElseThrow();
    store(0).place(ObjectName.of("two"), third, Placing.MOVE);
    until("one has let go", () -> holders(0, "two").size() == 2);
    assertThat(holders(0, "two")).contains(third);
    assertKind(Kind.INVALID, () -> store(0).place(one, "n7", Placing.COPY), "n7", "n0, n1, n2");
    assertKind(
        Kind.NOT_FOUND, () -> store(0).place(ObjectName.of("on"), "n1", Placing.COPY), "mean one?");
  }

  @Test
  void whoLeavesGivesWhatOnlyItHoldsToAnother() throws Exception {
    put(store(0), "single", LARGE);
    put(store(0), ObjectName.of("double"), LARGE, copies(2));
    members.get(0).objects.handOver(Duration.ofSeconds(60));
    until("another holds it", () -> holders(0, "single").size() == 2);
    assertThat(holders(0, "single")).contains(id(0));
    assertThat(holders(0, "double")).hasSize(2);
    members.stop(0);
    assertThat(fetched(1, "single")).isEqualTo(LARGE);
  }

  @Test
  void aNameIsGrantedToOneInTheWholeGridAndFreedWhenItsNodeDies() throws Exception {
    ObjectName name = ObjectName.of("wanted");
    GridObjectClaims first = members.get(0).objects.claims();
    GridObjectClaims second = members.get(1).objects.claims();
    assertThat(first.claim(name, "a", Duration.ZERO)).isEqualTo(Outcome.GRANTED);
    assertThat(first.claim(name, "a", Duration.ZERO)).isEqualTo(Outcome.GRANTED);
    assertThat(first.claim(name, "b", Duration.ZERO)).isEqualTo(Outcome.BUSY);
    assertThat(second.claim(name, "c", Duration.ofMillis(200))).isEqualTo(Outcome.BUSY);
    first.release(name, "a");
    assertThat(second.claim(name, "c", Duration.ofSeconds(60))).isEqualTo(Outcome.GRANTED);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Outcome> waiting =
          threads.submit(() -> first.claim(name, "d", Duration.ofSeconds(60)));
      members.get(1).member.close(); // It gives nothing back.
      assertThat(waiting.get()).isEqualTo(Outcome.GRANTED);
      Future<Outcome> other =
          threads.submit(
              () -> members.get(2).objects.claims().claim(name, "e", Duration.ofSeconds(60)));
      put(store(0), "wanted", SMALL);
      first.release(name, "d");
      assertThat(other.get()).isEqualTo(Outcome.EXISTS);
    }
  }
}
