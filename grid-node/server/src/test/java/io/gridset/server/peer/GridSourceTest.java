package io.gridset.server.peer;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.dataset.Copies;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.peer.TestNetwork.Fault;
import io.gridset.server.peer.TestNetwork.State;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MemoryUnderStore.Validators;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GridSourceTest {
  private static final String FILE = "dir/file.bin";

  private static void together(List<Callable<Void>> tasks) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      tasks.forEach(task -> all.add(threads.submit(task)));
      for (Future<Void> one : all) {
        one.get(90, TimeUnit.SECONDS);
      }
    }
  }

  private static Kind kindOf(Throwable thrown) {
    assertThat(thrown).isInstanceOf(StorageException.class);
    return ((StorageException) thrown).kind();
  }

  @Test
  void aHundredReadersOnThreeNodesCostEachOriginByteOnce() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      int size = 60 * BLOCK + 777;
      grid.put(FILE, size, 1);
      List<TestGrid.Node> nodes = List.copyOf(grid.nodes.values());
      List<Callable<Void>> readers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        TestGrid.Node node = nodes.get(i % nodes.size());
        readers.add(
            () -> {
              assertThat(node.readAll(FILE)).isEqualTo(grid.content(FILE));
              return null;
            });
      }
      together(readers);
      assertThat(grid.origin.bytesRead.get()).isEqualTo(size);
      long fromPeers = 0;
      for (TestGrid.Node node : nodes) {
        fromPeers += node.files.figures().peerBytes();
        assertThat(node.files.figures().originBytes()).isPositive().isLessThan(size);
      }
      assertThat(fromPeers).isEqualTo(2L * size);
    }
  }

  @Test
  void aFrozenHomeCostsOneHedgeAndIsThenPassedOverUntilItAnswers() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      grid.put(FILE, 200 * BLOCK, 2);
      List<Integer> atB = new ArrayList<>();
      for (int block = 0; block < 200; block++) {
        List<String> rank = grid.rank(FILE, block);
        if (rank.get(0).equals("b") && rank.get(1).equals("c")) {
          atB.add(block);
        }
      }
      grid.network.set("b", State.FROZEN);
      for (int block : atB.subList(0, 10)) {
        assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      }
      assertThat(grid.network.askedOf("b")).isEqualTo(1);
      assertThat(grid.network.askedOf("c")).isEqualTo(10);
      grid.network.set("b", State.WELL);
      int later = atB.get(11);
      until(
          "the ping found b",
          () -> {
            try {
              grid.node("a").cache.evictBlock(grid.key(FILE, later).version(), later);
              assertThat(grid.node("a").read(FILE, later)).isEqualTo(grid.content(FILE, later));
            } catch (StorageException e) {
              throw new AssertionError(e);
            }
            return grid.network.askedOf("b") > 1;
          });
    }
  }

  @Test
  void aHomeThatIsBusyForAMomentIsHeardBeforeTheOriginIsPaidAgain() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      grid.put(FILE, 60 * BLOCK, 9);
      int block = grid.blockAt(FILE, "b", "a");
      assertThat(grid.node("b").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      grid.network.set("b", State.LATE);
      assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      assertThat(grid.origin.bytesRead.get()).isEqualTo(BLOCK);
    }
  }

  @Test
  void aMemberThatIsAtItIsNotHedgedHoweverSlowTheOrigin() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      grid.put(FILE, 60 * BLOCK, 3);
      int block = grid.blockAt(FILE, "b", "c");
      assertThat(grid.node("a").files.find(FILE)).isPresent();
      grid.origin.hold();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        Future<byte[]> read = threads.submit(() -> grid.node("a").read(FILE, block));
        until("b said often that it is at it", () -> grid.network.heartbeats.get() >= 20);
        grid.origin.release();
        assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(grid.content(FILE, block));
      }
      assertThat(grid.network.asked).allMatch(asked -> asked.whom().equals("b")).hasSize(1);
      assertThat(grid.origin.bytesRead.get()).isEqualTo(BLOCK);
    }
  }

  @Test
  void wrongBytesFromAMemberAreNeverKeptAndTheBlockComesFromElsewhere() throws Exception {
    for (Fault fault : List.of(Fault.FLIP, Fault.BREAK, Fault.STALL)) {
      try (TestGrid grid = TestGrid.of("a", "b", "c")) {
        grid.put(FILE, 60 * BLOCK, 4);
        int block = grid.blockAt(FILE, "b", "c");
        grid.network.faults = (from, _) -> from.equals("b") ? fault : Fault.NONE;
        assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
        assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
        assertThat(grid.network.askedOf("b")).isPositive();
        assertThat(grid.network.askedOf("c")).isEqualTo(1);
        // c found the block at b, and b's bytes were refused there as well.
        assertThat(grid.origin.bytesRead.get()).isEqualTo(2 * BLOCK);
      }
    }
  }

  @Test
  void aNewHomeTakesBlocksFromThePreviousOneAndNotFromTheOrigin() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      int size = 60 * BLOCK;
      grid.put(FILE, size, 5);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      grid.add("c", TestGrid.Kind.member());
      grid.agree();
      assertThat(grid.node("c").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.node("b").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.origin.bytesRead.get()).isEqualTo(size);
    }
  }

  @Test
  void afterALeaveCopiesServeWhatTheLostHomeHad() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      int size = 60 * BLOCK;
      grid.put(FILE, size, 6);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      grid.network.set("b", State.DEAD);
      grid.see("a", "c");
      assertThat(grid.node("c").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.origin.bytesRead.get()).isEqualTo(size);
    }
  }

  @Test
  void aDeadHomeThatIsStillInTheViewCostsNoReadAndNoByteTwice() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      int size = 60 * BLOCK;
      grid.put(FILE, size, 7);
      grid.network.set("b", State.DEAD);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.node("c").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.origin.bytesRead.get()).isEqualTo(size);
    }
  }

  @Test
  void twoMembersThatTakeEachOtherForTheHomeDoNotWaitForEachOther() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      int blocks = 400; // More than both gates let pass at once.
      grid.put(FILE, blocks * BLOCK, 8);
      grid.node("a").view = grid.viewOf("b");
      grid.node("b").view = grid.viewOf("a");
      List<Callable<Void>> readers = new ArrayList<>();
      for (int i = 0; i < blocks; i++) {
        int block = i;
        for (TestGrid.Node node : grid.nodes.values()) {
          readers.add(
              () -> {
                assertThat(node.read(FILE, block)).isEqualTo(grid.content(FILE, block));
                return null;
              });
        }
      }
      together(readers);
    }
  }

  @Test
  void aCopyIsTakenFromWhoeverTheHomeNamesAndElseFromTheHomeAfterAll() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      grid.put(FILE, 60 * BLOCK, 9);
      int block = grid.blockAt(FILE, "b", "c");
      assertThat(grid.node("c").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      grid.network.asked.clear();
      grid.network.redirects.put("b", "c");
      assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      assertThat(grid.network.asked)
          .extracting(asked -> asked.whom() + " " + asked.request().mode())
          .containsExactly("b AS_HOME", "c IF_HELD");

      grid.node("a").cache.evictBlock(grid.key(FILE, block).version(), block);
      grid.node("c").cache.evictBlock(grid.key(FILE, block).version(), block);
      grid.network.asked.clear();
      assertThat(grid.node("a").read(FILE, block)).isEqualTo(grid.content(FILE, block));
      assertThat(grid.network.asked)
          .extracting(asked -> asked.whom() + " " + asked.request().mode())
          .containsExactly("b AS_HOME", "c IF_HELD", "b AS_HOME_WITHOUT_REDIRECT");
      assertThat(grid.origin.bytesRead.get()).isEqualTo(BLOCK);
    }
  }

  @Test
  void anObjectThatChangedIsToldByTheHomeAndNobodyElseIsAsked() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      grid.put(FILE, 60 * BLOCK, 10);
      int block = grid.blockAt(FILE, "b", "c");
      assertThat(grid.node("a").files.find(FILE)).isPresent();
      grid.origin.put(FILE, new byte[60 * BLOCK]);
      assertThatThrownBy(() -> grid.node("a").read(FILE, block))
          .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.CHANGED));
      assertThat(grid.network.asked).hasSize(1);
      assertThat(grid.node("a").read(FILE, block)).as("the new version").containsOnly(0);
    }
  }

  @Test
  void anOriginThatIsDownForTheHomeIsTriedByOneOtherAndNotByAll() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c", "d", "e")) {
      grid.put(FILE, 200 * BLOCK, 11);
      assertThat(grid.node("a").files.find(FILE)).isPresent();
      int block = 0;
      while (grid.rank(FILE, block).indexOf("a") < 3) {
        block++;
      }
      int far = block;
      grid.origin.down = true;
      assertThatThrownBy(() -> grid.node("a").read(FILE, far))
          .hasMessageContaining("down")
          .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.UNAVAILABLE));
      assertThat(grid.origin.asked).hasSize(2);
      grid.origin.down = false;
      assertThat(grid.node("a").read(FILE, far)).isEqualTo(grid.content(FILE, far));
    }
  }

  @Test
  void aNodeWithoutTheOriginReadsThroughMembersAndFailsClearlyWhenNoneIsLeft() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      grid.put(FILE, 30 * BLOCK, 12);
      TestGrid.Kind reader =
          TestGrid.Kind.member()
              .weighing(0)
              .with(GridReading.ofMember().withoutOrigin())
              .with(Copies.NONE);
      TestGrid.Node node = grid.add("reader", reader);
      node.view = grid.viewOf("a", "b");
      assertThat(node.readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(node.files.figures().originBytes()).isZero();
      assertThat(grid.origin.bytesRead.get()).isEqualTo(30 * BLOCK);
      assertThat(node.cache.presentBytes(grid.key(FILE, 0).version())).as("no copies").isZero();

      grid.network.set("a", State.DEAD);
      grid.network.set("b", State.FROZEN);
      assertThatThrownBy(() -> node.read(FILE, 3))
          .hasMessageContaining("no member")
          .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.UNAVAILABLE));
      grid.network.set("b", State.WELL);
      assertThat(node.read(FILE, 3)).isEqualTo(grid.content(FILE, 3));
      assertThat(node.files.figures().originBytes()).isZero();
    }
  }

  @Test
  void aMemberThatKeepsNoCopiesHoldsItsHomeBlocksOnlyHoweverOftenItReads() throws Exception {
    try (TestGrid grid = TestGrid.of("b")) {
      grid.put(FILE, 60 * BLOCK, 21);
      TestGrid.Node node = grid.add("a", TestGrid.Kind.member().with(Copies.NONE));
      grid.agree();
      for (int i = 0; i < 2; i++) {
        assertThat(node.readAll(FILE)).isEqualTo(grid.content(FILE));
      }
      BitSet homes = new BitSet();
      for (int block = 0; block < 60; block++) {
        homes.set(block, grid.rank(FILE, block).getFirst().equals("a"));
      }
      assertThat(node.cache.presentBlocks(grid.key(FILE, 0).version())).isEqualTo(homes);
      assertThat(homes.cardinality()).isBetween(1, 59);
      assertThat(grid.origin.bytesRead.get()).isEqualTo(60 * BLOCK);
    }
  }

  @Test
  void aHomeWhoseCacheIsFullStillGivesTheBlock() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b", "c")) {
      grid.put(FILE, 60 * BLOCK, 13);
      grid.node("b").cache.declines = true;
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.origin.bytesRead.get()).isEqualTo(60 * BLOCK);
      grid.node("c").cache.declines = true;
      assertThat(grid.node("c").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.node("b").files.figures().peerBytes()).as("b needs none").isZero();
    }
  }

  @Test
  void aFileWhoseStoreTellsNoVersionIsNeverPutTogetherFromTwoRequests() throws Exception {
    try (TestGrid grid = new TestGrid(new FaultyUnderStore(Validators.NONE))) {
      grid.add("a", TestGrid.Kind.member());
      grid.add("b", TestGrid.Kind.member());
      grid.agree();
      grid.put(FILE, 10 * BLOCK, 14);
      byte[] first = grid.content(FILE);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(first);
      grid.put(FILE, 10 * BLOCK, 15); // The same length: nobody can tell.
      assertThat(grid.node("b").readAll(FILE)).isIn(first, grid.content(FILE));
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(first);
      assertThatThrownBy(() -> grid.node("a").service.held(grid.request(FILE, 0, Mode.IF_HELD)))
          .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.UNSUPPORTED));
    }
  }

  @Test
  void aRequestCannotLeaveTheMountNorNameWhatDoesNotRunHere() throws Exception {
    try (TestGrid grid = TestGrid.of("a")) {
      grid.put(FILE, BLOCK, 16);
      PeerService service = grid.node("a").service;
      var good = grid.request(FILE, 0, Mode.AS_HOME);
      var object = good.object();
      for (String path : List.of("../" + FILE, "dir/../" + FILE, "/" + FILE, "", "dir//x", ".")) {
        var bad = new ObjectLocator(object.datasetUid(), object.mount(), path, object.identity());
        assertThatThrownBy(() -> service.bring(with(good, bad)))
            .as(path)
            .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.INVALID));
      }
      for (var bad :
          List.of(
              new ObjectLocator("other", "m", FILE, object.identity()),
              new ObjectLocator(TestGrid.UID, "n", FILE, object.identity())))
        assertThatThrownBy(() -> service.bring(with(good, bad)))
            .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.UNSUPPORTED));
      var otherSize = new BlockRequest(object, 2 * BLOCK, 0, Mode.AS_HOME, "");
      assertThatThrownBy(() -> service.bring(otherSize))
          .satisfies(thrown -> assertThat(kindOf(thrown)).isEqualTo(Kind.INVALID));
      assertThat(grid.origin.reads).isEmpty();
      try (HeldBlock block = service.bring(good)) {
        assertThat(TestGrid.bytes(block.bytes())).isEqualTo(grid.content(FILE));
      }
    }
  }

  private static BlockRequest with(BlockRequest request, ObjectLocator object) {
    return new BlockRequest(
        object, request.blockBytes(), request.index(), request.mode(), request.copyAt());
  }

  @Test
  void aMemberLoadsAVersionThatItsOwnTreeDoesNotListYet() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      grid.put(FILE, 20 * BLOCK, 17);
      assertThat(grid.node("b").readAll(FILE)).isEqualTo(grid.content(FILE));
      grid.put(FILE, 20 * BLOCK, 18);
      grid.put("dir/new.bin", 20 * BLOCK, 19);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.node("a").readAll("dir/new.bin")).isEqualTo(grid.content("dir/new.bin"));
      assertThat(grid.node("a").files.figures().peerBytes()).isPositive();
    }
  }

  @Test
  void whatEveryoneKnowsNobodyHoldsIsNotAskedFor() throws Exception {
    try (TestGrid grid = new TestGrid(new FaultyUnderStore())) {
      for (String id : List.of("a", "b")) {
        grid.add(id, TestGrid.Kind.member().with(GridReading.ofMember().withHint(_ -> false)));
      }
      grid.agree();
      grid.put(FILE, 20 * BLOCK, 20);
      assertThat(grid.node("a").readAll(FILE)).isEqualTo(grid.content(FILE));
      assertThat(grid.network.asked).allMatch(one -> one.request().mode() == Mode.AS_HOME);
      assertThat(grid.origin.bytesRead.get()).isEqualTo(20 * BLOCK);
    }
  }
}
