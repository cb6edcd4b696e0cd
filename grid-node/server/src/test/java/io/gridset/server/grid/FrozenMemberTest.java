package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.State;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.RecordChange;
import io.gridset.server.state.RecordStore;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A member that hangs in the middle of what the others do: a process of its own that is stopped.
class FrozenMemberTest {
  /// Hazelcast's own limits would be a minute and two; ours come to 15 s and 20 s.
  private static final Duration HELD_UP_AT_MOST = Duration.ofSeconds(50);

  private static final int RECORDS = 60;

  @TempDir private Path directory;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  /// The frozen one: a member until its standard input ends.
  static final class Hanging {
    private Hanging() {}

    public static void main(String[] arguments) throws IOException {
      try (GridMember member = GridMember.start(settings(2, arguments))) {
        System.out.println(member.id());
        int _ = System.in.read();
      }
    }
  }

  /// @param arguments the directory of all, then the ports
  private static GridSettings settings(int number, String... arguments) {
    List<String> all =
        List.of(arguments).subList(1, arguments.length).stream()
            .map(port -> "127.0.0.1:" + port)
            .toList();
    return new GridSettings(
        "frozen-test-" + arguments[1],
        "127.0.0.1",
        Integer.parseInt(arguments[number + 1]),
        1,
        new Discovery.Addresses(all),
        Path.of(arguments[0], "member-" + number),
        new GridSettings.Profile("n" + number, 1, Optional.empty(), "1"));
  }

  private String[] arguments() throws IOException {
    List<String> arguments = new ArrayList<>(List.of(directory.toString()));
    for (int i = 0; i < 3; i++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        arguments.add(Integer.toString(socket.getLocalPort()));
      }
    }
    return arguments.toArray(String[]::new);
  }

  private Process hanging(String[] arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                Hanging.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    opened.add(() -> process.destroyForcibly().waitFor());
    return process;
  }

  private static void signal(Process process, String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private GridMember start(int number, String[] arguments) throws IOException {
    GridMember member = GridMember.start(settings(number, arguments));
    opened.add(member);
    return member;
  }

  private RecordStore open(String name, GridMember member) throws IOException {
    RecordStore store = RecordStore.open(directory.resolve(name), member.records(), _ -> true);
    opened.add(store);
    return store;
  }

  private static void until(String what, Duration most, BooleanSupplier condition) {
    long deadline = Ticker.system().nanos() + most.toNanos();
    while (!condition.getAsBoolean()) {
      if (Ticker.system().nanos() > deadline) {
        throw new AssertionError("not within " + most.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void itHoldsUpTheOthersForSecondsAndNothingIsLost() throws Exception {
    String[] arguments = arguments();
    Process process = hanging(arguments);
    GridMember first = start(0, arguments);
    GridMember second = start(1, arguments);
    RecordStore one = open("one", first);
    RecordStore two = open("two", second);
    Duration patience = Duration.ofSeconds(90);
    for (GridMember member : List.of(first, second)) {
      until("all three are one grid", patience, () -> member.status().members() == 3);
      until("all belong", patience, () -> member.belonging().size() == 3);
    }

    signal(process, "STOP");
    for (int i = 0; i < RECORDS; i++) {
      assertThatCode(first.records()::admitChange).doesNotThrowAnyException();
      one.write(List.of(new RecordChange("manifest/" + i, "u", "body " + i)));
      first.maps().map("m").put("key " + i, "value " + i);
    }
    until(
        "everything reaches the other",
        HELD_UP_AT_MOST,
        () -> two.live().size() == RECORDS && second.maps().map("m").entries().size() == RECORDS);
    until("its place is taken", patience, () -> states(first).equals(List.of("n2 GONE")));

    signal(process, "CONT");
    until("it is back", patience, () -> first.status().members() == 3 && states(first).isEmpty());
    assertThat(one.live()).hasSize(RECORDS);
  }

  private static List<String> states(GridMember member) {
    return member.nodes().stream()
        .filter(node -> node.state() != State.ACTIVE)
        .map((GridNodeView node) -> node.name() + " " + node.state())
        .toList();
  }
}
