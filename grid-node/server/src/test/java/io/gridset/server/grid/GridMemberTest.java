package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.placement.Member;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridMemberTest {
  @TempDir private Path directory;

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    long deadline = Ticker.system().nanos() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      if (Ticker.system().nanos() > deadline) {
        throw new AssertionError("not within 90 s: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  private GridMember member(int port, int other, double weight) throws IOException {
    return GridMember.start(
        new GridSettings(
            "gridset-test-" + Math.min(port, other),
            "127.0.0.1",
            port,
            1,
            new Discovery.Addresses(List.of("127.0.0.1:" + port, "127.0.0.1:" + other)),
            directory.resolve("member-" + port),
            new GridSettings.Profile("node-" + port, weight, Optional.empty(), "1")));
  }

  @Test
  void twoMembersSeeOneViewAndShareRecordsButNoSecrets() throws Exception {
    int firstPort = freePort();
    int secondPort = freePort();
    try (GridMember first = member(firstPort, secondPort, 5)) {
      long alone = first.members().fingerprint();
      assertThat(first.members().members()).containsExactly(new Member(first.id(), 5));
      try (RecordStore one = open("one", first)) {
        // Written before the join, on both sides, so that joining has to merge.
        one.write(List.of(new RecordChange("manifest/a", "u", "of the first")));
        one.write(List.of(new RecordChange("secret/s", "u", "hush")));
        until("the first is up", () -> first.status().phase() == GridStatus.Phase.JOINED);
        try (GridMember second = member(secondPort, firstPort, 0);
            RecordStore two = open("two", second)) {
          two.write(List.of(new RecordChange("manifest/b", "u", "of the second")));
          until("the first sees two", () -> first.members().members().size() == 2);
          until("the second sees two", () -> second.members().members().size() == 2);
          assertThat(second.members().members())
              .isEqualTo(first.members().members())
              .contains(new Member(first.id(), 5), new Member(second.id(), 0));
          assertThat(second.members().fingerprint())
              .isEqualTo(first.members().fingerprint())
              .isNotEqualTo(alone);
          until("b reaches the first", () -> one.find("manifest/b").isPresent());
          until("a reaches the second", () -> two.find("manifest/a").isPresent());
          one.write(List.of(new RecordChange("manifest/b", "u", null)));
          until("the deletion reaches the second", () -> two.find("manifest/b").isEmpty());
          assertThat(two.find("secret/s")).isEmpty();
        }
        until("the first is alone again", () -> first.members().members().size() == 1);
        assertThat(first.members().fingerprint()).isEqualTo(alone);
      }
    }
  }

  @Test
  void aFailureToStartIsToldAndLeavesTheNodeAlone() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        GridMember member = member(taken.getLocalPort(), taken.getLocalPort(), 1)) {
      until("the start fails", () -> member.status().phase() == GridStatus.Phase.FAILED);
      assertThat(member.status().message()).isNotEmpty();
      assertThat(member.members().members()).containsExactly(new Member(member.id(), 1));
    }
  }

  private RecordStore open(String name, GridMember member) throws IOException {
    return RecordStore.open(
        directory.resolve(name), member.records(), key -> key.startsWith("manifest/"));
  }
}
