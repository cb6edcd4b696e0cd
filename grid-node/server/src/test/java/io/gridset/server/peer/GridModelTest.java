package io.gridset.server.peer;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.client.peer.BlockRequest;
import io.gridset.core.store.StorageException;
import io.gridset.server.peer.TestNetwork.Fault;
import io.gridset.server.peer.TestNetwork.State;
import io.gridset.server.tree.FaultyUnderStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Readers on five nodes while members freeze, die, come back, join, lose blocks and see different
/// members, and bodies break, stall and are damaged. The origin is well, so no read may fail.
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GridModelTest {
  private static final int FILES = 6;
  private static final int BLOCKS = 40;
  private static final int STEPS = 60;
  private static final int READS_PER_STEP = 40;
  private static final List<String> IDS = List.of("a", "b", "c", "d", "e");

  private static Fault anyFault(long seed, String from, BlockRequest request) {
    // Nothing is shared between threads: the same seed gives each body the same fault.
    long hash = seed ^ (from + request.key()).hashCode() * 0x9E3779B97F4A7C15L;
    int pick = new Random(hash).nextInt(20);
    return pick < 3 ? Fault.values()[1 + pick] : Fault.NONE;
  }

  @Test
  void whateverHappensToMembersEveryReadReturnsTheRightBytes() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("grid model seed " + seed);
    Random random = new Random(seed);
    try (TestGrid grid = new TestGrid(new FaultyUnderStore());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String id : IDS) {
        // Room for a part of the data, so that blocks come and go.
        grid.add(id, new TestGrid.Kind(100L * BLOCK, GridReading.ofMember(), 1));
      }
      grid.agree();
      for (int file = 0; file < FILES; file++) {
        grid.put("f" + file, BLOCKS * BLOCK - 1000 * file, file);
      }
      AtomicInteger wellRead = new AtomicInteger();
      for (int step = 0; step < STEPS; step++) {
        disturb(grid, random, seed + step);
        List<Future<?>> reads = new ArrayList<>();
        for (int i = 0; i < READS_PER_STEP; i++) {
          TestGrid.Node node = grid.node(IDS.get(random.nextInt(IDS.size())));
          String path = "f" + random.nextInt(FILES);
          int block = random.nextInt(BLOCKS);
          reads.add(
              threads.submit(
                  () -> {
                    assertThat(node.read(path, block)).isEqualTo(grid.content(path, block));
                    return wellRead.incrementAndGet();
                  }));
        }
        for (Future<?> read : reads) {
          read.get(60, TimeUnit.SECONDS);
        }
      }
      assertThat(wellRead.get()).isEqualTo(STEPS * READS_PER_STEP);
      IDS.forEach(id -> grid.network.set(id, State.WELL));
    }
  }

  /// A dead or frozen member's own readers go on: they have the origin.
  private static void disturb(TestGrid grid, Random random, long seed) {
    grid.passTime(Duration.ofMillis(random.nextInt(3000)));
    String id = IDS.get(random.nextInt(IDS.size()));
    switch (random.nextInt(6)) {
      case 0 -> grid.network.set(id, State.FROZEN);
      case 1 -> grid.network.set(id, State.DEAD);
      case 2 -> IDS.forEach(each -> grid.network.set(each, State.WELL));
      case 3 -> grid.node(id).view = grid.viewOf(some(random));
      case 4 -> grid.agree();
      default ->
          grid.network.faults =
              random.nextBoolean()
                  ? (from, request) -> anyFault(seed, from, request)
                  : (_, _) -> Fault.NONE;
    }
    TestGrid.Node node = grid.node(IDS.get(random.nextInt(IDS.size())));
    String path = "f" + random.nextInt(FILES);
    try {
      for (int i = 0; i < 10; i++) {
        node.cache.evictBlock(grid.key(path, 0).version(), random.nextInt(BLOCKS));
      }
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  private static String[] some(Random random) {
    return IDS.stream().filter(_ -> random.nextInt(3) > 0).toArray(String[]::new);
  }

  @Test
  void whileMembersComeAndGoWhatSomebodyHoldsIsNotPaidForAgain() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("grid movement seed " + seed);
    Random random = new Random(seed);
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      int size = 80 * BLOCK;
      grid.put("f", size, seed);
      // Everybody has a copy of everything, so one may always go.
      for (TestGrid.Node node : grid.nodes.values()) {
        assertThat(node.readAll("f")).isEqualTo(grid.content("f"));
      }
      List<String> members = new ArrayList<>(grid.nodes.keySet());
      for (int round = 0; round < 6; round++) {
        grid.passTime(Duration.ofSeconds(3));
        String joining = "n" + round;
        grid.add(joining, TestGrid.Kind.member());
        members.add(joining);
        grid.see(members.toArray(String[]::new));
        assertThat(grid.node(joining).readAll("f")).isEqualTo(grid.content("f"));
        String leaving = members.remove(random.nextInt(members.size()));
        grid.network.set(leaving, State.DEAD);
        grid.see(members.toArray(String[]::new));
      }
      assertThat(grid.origin.bytesRead.get()).isEqualTo(size);
    }
  }

  @Test
  void withoutTheOriginReadersWaitForMembersAndFailOnlyWhenNoneIsThere() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("grid reader seed " + seed);
    Random random = new Random(seed);
    try (TestGrid grid = TestGrid.of("a", "b", "c");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      grid.put("f", 40 * BLOCK, seed);
      TestGrid.Node reader =
          grid.add(
              "reader",
              TestGrid.Kind.member().weighing(0).with(GridReading.ofMember().withoutOrigin()));
      reader.view = grid.viewOf("a", "b", "c");
      CountDownLatch over = new CountDownLatch(1);
      List<String> members = List.of("a", "b", "c");
      Future<?> faults =
          threads.submit(
              () -> {
                while (!over.await(5, TimeUnit.MILLISECONDS)) {
                  // One is always well.
                  String well = members.get(random.nextInt(3));
                  grid.network.set(well, State.WELL);
                  for (String id : members) {
                    if (!id.equals(well)) {
                      grid.network.set(id, State.values()[random.nextInt(3)]);
                    }
                  }
                }
                return null;
              });
      for (int i = 0; i < 200; i++) {
        int block = random.nextInt(40);
        assertThat(reader.read("f", block)).isEqualTo(grid.content("f", block));
        reader.cache.evictBlock(grid.key("f", block).version(), block);
      }
      over.countDown();
      faults.get(10, TimeUnit.SECONDS);
      assertThat(reader.files.figures().originBytes()).isZero();
    }
  }
}
