package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.map.IMap;
import io.gridset.client.trust.ClusterToken;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordCodec;
import io.gridset.server.state.RecordStore;
import io.gridset.server.state.StateRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedSecretsTest {
  private static final String KEY = "secret/Secret/default/keys";
  private static final String OURS = "0123456789abcdef0123456789abcdef";

  @TempDir private Path directory;
  private final List<Integer> ports = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void findPorts() throws IOException {
    for (int i = 0; i < 2; i++) {
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

  private GridMember start(int number, String token) throws IOException {
    GridMember member =
        GridMember.start(
            new GridSettings(
                "gridset-secrets-" + ports.getFirst(),
                "127.0.0.1",
                ports.get(number),
                1,
                new Discovery.Addresses(ports.stream().map(port -> "127.0.0.1:" + port).toList()),
                directory.resolve("member-" + number),
                new GridSettings.Profile("n" + number, 1, Optional.empty(), "1"),
                Optional.of(ClusterToken.of(token, "the test"))));
    opened.add(member);
    return member;
  }

  private RecordStore open(String name, GridMember member) throws IOException {
    RecordStore store = RecordStore.open(directory.resolve(name), member.records(), key -> true);
    opened.add(store);
    return store;
  }

  private IMap<String, String> map() {
    return Hazelcast.getAllHazelcastInstances().stream()
        .filter(each -> each.getConfig().getClusterName().endsWith("-" + ports.getFirst()))
        .findFirst()
        .orElseThrow()
        .getMap(MemberConfig.RECORDS);
  }

  private static String body(RecordStore store) {
    return store.find(KEY).map(StateRecord::body).map(String::valueOf).orElse("none");
  }

  @Test
  void aSecretAndItsDeletionReachTheOthersAndNothingReadableOfItIsInTheGrid() throws Exception {
    GridMember first = start(0, OURS);
    RecordStore one = open("one", first);
    one.write(List.of(new RecordChange(KEY, "u", "hush, of old")));
    GridMember second = start(1, OURS);
    RecordStore two = open("two", second);
    until("written before the join", () -> body(two).equals("hush, of old"));
    two.write(List.of(new RecordChange(KEY, "u", "hush, anew")));
    until("changed", () -> body(one).equals("hush, anew"));
    assertThat(map().get(KEY)).isNotNull();
    assertThat(map().values()).allSatisfy(value -> assertThat(value).doesNotContain("hush"));

    // Whoever reaches the map can neither change nor delete it, nor bring the old one back.
    String genuine = map().get(KEY);
    StateRecord shown = RecordCodec.decode(genuine).orElseThrow().getFirst();
    one.write(List.of(new RecordChange("secret/Secret/default/next", "u", "hush, next")));
    for (StateRecord forged :
        List.of(
            new StateRecord(KEY, 1_000, "u", null),
            new StateRecord(KEY, 1_000, "u", "forged"),
            new StateRecord(KEY, 1_000, "u", shown.body()))) {
      map().put(KEY, RecordCodec.encode(List.of(forged)));
    }
    one.write(List.of(new RecordChange("manifest/after", "u", "a sign")));
    until("what came after the forged", () -> two.find("manifest/after").isPresent());
    assertThat(body(one)).isEqualTo("hush, anew");
    assertThat(body(two)).isEqualTo("hush, anew");

    two.write(List.of(new RecordChange(KEY, "u", null)));
    until("the deletion", () -> one.find(KEY).isEmpty());
    until("no other harm", () -> two.find("secret/Secret/default/next").isPresent());
    assertThat(RecordCodec.decode(map().get(KEY)).orElseThrow().getFirst().version())
        .as("a forged version wins over nobody")
        .isLessThan(1_000);
  }

  @Test
  void aMemberWithAnotherTokenHasItsOwnSecretsAndTheSameManifests() throws Exception {
    GridMember first = start(0, OURS);
    GridMember stranger = start(1, OURS.replace('a', 'b'));
    RecordStore one = open("one", first);
    RecordStore two = open("two", stranger);
    one.write(List.of(new RecordChange(KEY, "u", "hush")));
    one.write(List.of(new RecordChange("manifest/a", "u", "for all")));
    until("the manifest arrives", () -> two.find("manifest/a").isPresent());
    assertThat(two.find(KEY)).isEmpty();
    two.write(List.of(new RecordChange(KEY, "v", "its own")));
    two.write(List.of(new RecordChange("manifest/b", "v", "for all")));
    until("the other manifest arrives", () -> one.find("manifest/b").isPresent());
    assertThat(body(one)).isEqualTo("hush");

    // With the token of all it comes into line: the higher version wins.
    stranger.close();
    two.close();
    GridMember back = start(1, OURS);
    RecordStore converted = open("two", back);
    until("all have one", () -> body(one).equals(body(converted)));
  }
}
