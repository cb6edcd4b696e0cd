package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.TableEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridTableTest {
  private static final TableEntry ENTRY = TableEntry.of(1, ByteBuffer.wrap(new byte[] {7}));

  @TempDir private Path directory;

  private GridSettings alone() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new GridSettings(
          "gridset-test-" + socket.getLocalPort(),
          "127.0.0.1",
          socket.getLocalPort(),
          1,
          new Discovery.Alone(),
          directory,
          new GridSettings.Profile("n0", 1, Optional.empty(), "1"));
    }
  }

  @Test
  void whoAsksTheGridBeforeTheJoinIsAnsweredAfterIt() throws Exception {
    HazelcastInstance grid = Hazelcast.newHazelcastInstance(MemberConfig.of(alone(), "one"));
    try {
      grid.getMap("names").put("known", ENTRY.encoded());
      GridTable table = new GridTable("names", new GridWorker(Ticker.system()), () -> {});
      FutureTask<Optional<TableEntry>> question = new FutureTask<>(() -> table.look("known"));
      Thread asking = Thread.ofPlatform().daemon(true).start(question);
      while (asking.getState() == Thread.State.NEW || asking.getState() == Thread.State.RUNNABLE) {
        Thread.onSpinWait(); // Until it waits, or has given up.
      }
      table.joined(grid);
      assertThat(question.get(60, TimeUnit.SECONDS)).hasValue(ENTRY);
    } finally {
      grid.shutdown();
    }
  }
}
