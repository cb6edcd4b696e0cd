package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.State;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.control.NoQuorumException;
import io.gridset.core.control.RefusedException;
import io.gridset.core.placement.Member;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridMemberTest {
  private static final PeerAddress DATA = new PeerAddress("127.0.0.1", 1);

  @TempDir private Path directory;
  private final List<Integer> ports = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void findPorts() throws IOException {
    for (int i = 0; i < 3; i++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        ports.add(socket.getLocalPort());
      }
    }
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    long deadline = Ticker.system().nanos() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      if (Ticker.system().nanos() > deadline) {
        throw new AssertionError("not within 90 s: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private GridSettings settings(int number, double weight, Integer... known) {
    return new GridSettings(
        "gridset-test-" + ports.getFirst(),
        "127.0.0.1",
        ports.get(number),
        1,
        new Discovery.Addresses(
            List.of(known).stream().map(other -> "127.0.0.1:" + ports.get(other)).toList()),
        directory.resolve("member-" + number),
        new GridSettings.Profile("n" + number, weight, Optional.of(DATA), "1"));
  }

  private GridMember start(GridSettings settings) throws IOException {
    GridMember member = GridMember.start(settings);
    opened.add(member);
    return member;
  }

  private GridMember start(int number) throws IOException {
    return start(settings(number, 1, 0, 1, 2));
  }

  private RecordStore open(String name, GridMember member) throws IOException {
    RecordStore store =
        RecordStore.open(
            directory.resolve(name), member.records(), key -> key.startsWith("manifest/"));
    opened.add(store);
    return store;
  }

  private static void untilTogether(GridMember... members) {
    for (GridMember member : members) {
      until("all are seen", () -> member.status().members() == members.length);
      until("all belong", () -> member.belonging().size() == members.length);
      until(
          "all have told of themselves",
          () -> member.nodes().stream().noneMatch(node -> node.lastHeard() == null));
    }
  }

  private static Set<String> gone(GridMember member) {
    return member.nodes().stream()
        .filter(node -> node.state() == State.GONE)
        .map(GridNodeView::name)
        .collect(Collectors.toSet());
  }

  @Test
  void twoMembersSeeOneViewAndShareRecordsAndMapsButNoSecrets() throws Exception {
    GridMember first = start(settings(0, 5, 0, 1));
    long alone = first.members().fingerprint();
    assertThat(first.members().members()).containsExactly(new Member(first.id(), 5));
    RecordStore one = open("one", first);
    // Written before the join, on both sides, so that joining has to merge.
    one.write(List.of(new RecordChange("manifest/a", "u", "of the first")));
    one.write(List.of(new RecordChange("secret/s", "u", "hush")));
    first.maps().map("m").put("k1", "v1");
    assertThat(first.maps().map("m").find("k1")).hasValue("v1");
    until("the first is up", () -> first.status().phase() == GridStatus.Phase.JOINED);
    GridMember second = start(settings(1, 0, 0, 1));
    RecordStore two = open("two", second);
    second.maps().map("m").put("k2", "v2");
    two.write(List.of(new RecordChange("manifest/b", "u", "of the second")));
    untilTogether(first, second);
    assertThat(second.members().members())
        .isEqualTo(first.members().members())
        .contains(new Member(first.id(), 5), new Member(second.id(), 0));
    assertThat(second.members().fingerprint())
        .isEqualTo(first.members().fingerprint())
        .isNotEqualTo(alone);
    assertThat(first.cluster().address(second.id())).hasValue(DATA);
    until("b reaches the first", () -> one.find("manifest/b").isPresent());
    until("a reaches the second", () -> two.find("manifest/a").isPresent());
    one.write(List.of(new RecordChange("manifest/b", "u", null)));
    until("the deletion reaches the second", () -> two.find("manifest/b").isEmpty());
    assertThat(two.find("secret/s")).isEmpty();

    until("k1 is mirrored", () -> second.maps().map("m").find("k1").equals(Optional.of("v1")));
    until("k2 is mirrored", () -> first.maps().map("m").find("k2").equals(Optional.of("v2")));
    for (int i = 0; i < 1_000; i++) {
      first.maps().map("m").put("k1", "v" + i);
    }
    until("the last", () -> second.maps().map("m").find("k1").equals(Optional.of("v999")));
    first.maps().map("m").remove("k1");
    until("k1 is away", () -> second.maps().map("m").find("k1").isEmpty());

    first.setState(State.DRAINING);
    until("it has no weight", () -> second.members().members().contains(new Member(first.id(), 0)));
    first.setState(State.ACTIVE);
    until("it has again", () -> second.members().members().contains(new Member(first.id(), 5)));

    second.close();
    until("the first is alone again", () -> first.members().members().size() == 1);
    assertThat(first.members().fingerprint()).isEqualTo(alone);
    until("who left does not belong", () -> first.nodes().size() == 1);
    assertThatCode(first.records()::admitChange).doesNotThrowAnyException();
    assertThat(first.maps().map("m").find("k2")).hasValue("v2");
  }

  @Test
  void whoSeesTooFewChangesNothingUntilTheyAreBackOrForgotten() throws Exception {
    GridMember first = start(0);
    GridMember second = start(1);
    GridMember third = start(2);
    String id = second.id();
    untilTogether(first, second, third);
    second.maps().map("m").put("from", "the second");
    until("mirrored", () -> first.maps().map("m").find("from").isPresent());
    second.kill();
    third.kill();
    until("the others are gone", () -> gone(first).equals(Set.of("n1", "n2")));
    assertThatThrownBy(first.records()::admitChange)
        .isInstanceOf(NoQuorumException.class)
        .hasMessageContaining("1 of 3 members (n1, n2 missing)");
    assertThat(first.maps().map("m").find("from")).hasValue("the second");
    assertThat(first.nodes())
        .anySatisfy(
            node -> assertThat(node.health()).anyMatch(wrong -> wrong.contains("1 of 3 members")));

    first.maps().map("m").put("late", "news");
    GridMember again = start(1);
    assertThat(again.id()).isEqualTo(id);
    assertThat(again.members().members()).as("remembered before the join").hasSize(3);
    until("it is back", () -> gone(first).equals(Set.of("n2")));
    assertThatCode(first.records()::admitChange).doesNotThrowAnyException();
    assertThatCode(again.records()::admitChange).doesNotThrowAnyException();
    until("mirrored", () -> again.maps().map("m").find("late").equals(Optional.of("news")));

    assertThatThrownBy(() -> first.forget("n1")).isInstanceOf(RefusedException.class);
    assertThat(first.forget("n9")).isFalse();
    assertThat(first.forget("n2")).isTrue();
    until("all have forgotten", () -> again.nodes().size() == 2);
  }

  @Test
  void whatIsSharedOutlivesTheMemberThatOfferedIt() throws Exception {
    GridMember first = start(0);
    GridMember second = start(1);
    RecordStore one = open("one", first);
    RecordStore two = open("two", second);
    untilTogether(first, second);
    for (int i = 0; i < 300; i++) {
      one.write(List.of(new RecordChange("manifest/" + i, "u", "of one")));
    }
    assertThat(first.records().awaitShared()).isTrue();
    first.kill();
    until("all are there", () -> two.live().size() == 300);
  }

  @Test
  void afterAllWereDownStateComesBackFromTheJournalsAndNothingDeletedDoes() throws Exception {
    GridMember first = start(0);
    GridMember second = start(1);
    RecordStore one = open("one", first);
    RecordStore two = open("two", second);
    untilTogether(first, second);
    one.write(List.of(new RecordChange("manifest/keep", "u", "kept")));
    one.write(List.of(new RecordChange("manifest/drop", "u", "dropped")));
    until("both have it", () -> two.find("manifest/drop").isPresent());
    until("and the other", () -> two.find("manifest/keep").isPresent());
    second.kill();
    two.close();
    one.write(List.of(new RecordChange("manifest/drop", "u", null)));
    first.kill();
    one.close();

    // With the last of them the maps are gone; the first to be back knows the deleted record only.
    GridMember back = start(1);
    RecordStore journal = open("two", back);
    until("it is up", () -> back.status().phase() == GridStatus.Phase.JOINED);
    assertThat(journal.find("manifest/drop")).isPresent();
    GridMember other = start(0);
    RecordStore fresh = open("fresh", other);
    until(
        "the journal's record is in the maps again", () -> fresh.find("manifest/keep").isPresent());
    fresh.close();
    other.close();
    GridMember last = start(0);
    RecordStore deleted = open("one", last);
    until("the deletion wins", () -> journal.find("manifest/drop").isEmpty());
    assertThat(deleted.find("manifest/keep")).isPresent();
    assertThat(deleted.find("manifest/drop")).isEmpty();
  }

  @Test
  void twoPartsThatFindEachOtherBecomeOneWithTheStateOfBoth() throws Exception {
    // The second looks for the first, which is not there yet and will not look for it.
    GridMember second = start(settings(1, 1, 0, 1));
    until("one part", () -> second.status().phase() == GridStatus.Phase.JOINED);
    GridMember first = start(settings(0, 1, 0));
    RecordStore one = open("one", first);
    RecordStore two = open("two", second);
    until("the other part", () -> first.status().phase() == GridStatus.Phase.JOINED);
    one.write(List.of(new RecordChange("manifest/a", "u", "of the first")));
    two.write(List.of(new RecordChange("manifest/b", "u", "of the second")));
    two.write(List.of(new RecordChange("manifest/a", "u", "newer")));
    first.maps().map("m").put("k1", "v1");
    second.maps().map("m").put("k2", "v2");
    untilTogether(first, second);
    until("all have b", () -> one.find("manifest/b").isPresent());
    for (RecordStore store : List.of(one, two)) {
      until(
          "the higher version",
          () -> "newer".equals(store.find("manifest/a").orElseThrow().body()));
    }
    for (GridMember member : List.of(first, second)) {
      until("both maps are one", () -> member.maps().map("m").entries().size() == 2);
    }
  }

  @Test
  void ofTwoMembersWithOneIdTheLaterIsNone() throws Exception {
    GridMember first = start(0);
    until("the first is up", () -> first.status().phase() == GridStatus.Phase.JOINED);
    Path copy = Files.createDirectories(directory.resolve("member-1"));
    Files.copy(directory.resolve("member-0/member-id"), copy.resolve("member-id"));
    GridMember second = start(1);
    until("it refuses", () -> second.status().phase() == GridStatus.Phase.FAILED);
    assertThat(second.status().message()).contains("was that directory copied?");
    assertThat(first.members().members()).hasSize(1);
    assertThat(first.status().phase()).isEqualTo(GridStatus.Phase.JOINED);
  }

  @Test
  void membersAreFoundByName() throws Exception {
    GridMember first = start(settings(0, 1, 0));
    until("the first is up", () -> first.status().phase() == GridStatus.Phase.JOINED);
    GridSettings byName = settings(1, 1);
    GridMember second =
        start(
            new GridSettings(
                byName.clusterName(),
                "127.0.0.1",
                byName.port(),
                1,
                new Discovery.Dns("localhost", ports.getFirst()),
                byName.directory(),
                byName.self()));
    untilTogether(first, second);
    assertThat(second.members()).isEqualTo(first.members());
  }

  @Test
  void aFailureToStartIsToldAndLeavesTheNodeAlone() throws Exception {
    try (ServerSocket taken =
        new ServerSocket(ports.getFirst(), 1, InetAddress.getLoopbackAddress())) {
      GridMember member = start(0);
      until("the start fails", () -> member.status().phase() == GridStatus.Phase.FAILED);
      assertThat(member.status().message()).isNotEmpty();
      assertThat(member.members().members()).containsExactly(new Member(member.id(), 1));
      taken.close();
      until("it tries again", () -> member.status().phase() == GridStatus.Phase.JOINED);
    }
  }
}
