package io.gridset.server.load;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.MemberShare;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRequest.Mode;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.ReadFixture;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GridLoadsTest {
  private static final LoadRequest ALL = new LoadRequest(List.of(), Mode.LOAD, false);
  private static final long SEED = 20261122;

  private static LoadProgress end(LoadGrid grid, LoadRun load) {
    grid.until("the load ends: " + load.progress(), () -> load.progress().phase().isEnd());
    return load.progress();
  }

  private static LoadRequest copies(int replicas) {
    return new LoadRequest(List.of(), Mode.LOAD, false, new LoadOptions(replicas, Map.of(), 0));
  }

  private static void isComplete(LoadProgress end, long bytes) {
    assertThat(end.phase()).as("%s", end).isEqualTo(Phase.COMPLETE);
    assertThat(end.cachedBytes()).isEqualTo(end.totalBytes()).isEqualTo(bytes);
    assertThat(end.cachedFiles()).isEqualTo(end.totalFiles());
  }

  @Test
  void threeMembersBringADatasetOnceAndEachHoldsItsShare() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 300);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      LoadProgress end = end(grid, grid.nodes.get("b").load(ALL));
      isComplete(end, total);
      assertThat(end.totalFiles()).isEqualTo(300);
      assertThat(grid.originBytes()).as("no origin byte twice").isEqualTo(total);
      assertThat(grid.missing(1)).isEmpty();
      assertThat(end.members()).extracting(MemberShare::member).containsExactly("a", "b", "c");
      for (MemberShare share : end.members()) {
        assertThat(share.cachedBytes()).as("%s", share).isBetween(total / 5, total / 2);
        assertThat(grid.nodes.get(share.member()).heldBytes()).isEqualTo(share.cachedBytes());
      }
      assertThat(grid.maps.map("load-orders").entries()).isEmpty();
      grid.until("reports are gone", () -> grid.maps.map("load-progress").entries().isEmpty());
    }
  }

  @Test
  void asManyMembersHoldABlockAsReplicasAreAskedFor() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 60);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      isComplete(end(grid, grid.nodes.get("a").load(copies(2))), 2 * total);
      assertThat(grid.missing(2)).isEmpty();
      assertThat(grid.missing(3)).isNotEmpty();
      isComplete(end(grid, grid.nodes.get("c").load(copies(9))), 3 * total);
      assertThat(grid.missing(3)).isEmpty();
    }
  }

  @Test
  void blocksThatALoadBringsOrFindsAwayFromHomeAreReplicas() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 40);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      LoadGrid.Node reader = grid.nodes.get("a");
      for (String path : grid.paths()) {
        try (OpenFile copied = reader.files.open(path)) {
          byte[] _ = ReadFixture.readAll(copied, 100_000);
        }
      }
      assertThat(reader.cache.replicas).isEmpty();
      isComplete(end(grid, reader.load(copies(2))), 2 * total);
      for (LoadGrid.Node node : grid.nodes.values()) {
        assertThat(node.cache.replicas).containsAll(grid.held(node, 1, 2)).isNotEmpty();
        assertThat(grid.held(node, 2, 3)).noneMatch(node.cache.replicas::contains);
      }
      assertThat(grid.held(reader, 2, 3)).as("copies of a reader").isNotEmpty();
    }
  }

  @Test
  void theShareOfAMemberThatDiesIsLoadedByTheOthers() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 300);
      for (String id : List.of("a", "b", "c", "d")) {
        grid.join(id);
      }
      var dying = grid.nodes.get("c");
      dying.store.hold();
      LoadRun load = grid.nodes.get("a").load(ALL);
      grid.until("the others are done", () -> load.progress().cachedBytes() > total / 2);
      assertThat(load.progress().phase()).isEqualTo(Phase.LOADING);
      grid.kill("c");
      isComplete(end(grid, load), total);
      assertThat(grid.missing(1)).isEmpty();
      assertThat(load.progress().members()).hasSize(3);
    }
  }

  @Test
  void aMemberThatJoinsLoadsItsShareBeforeTheLoadIsComplete() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 200);
      grid.join("a");
      grid.join("b").store.hold();
      LoadRun load = grid.nodes.get("a").load(ALL);
      grid.until("a has begun", () -> load.progress().cachedBytes() > 0);
      var joined = grid.join("c");
      joined.store.hold();
      grid.nodes.get("b").store.release();
      grid.until(
          "the old ones are done",
          () ->
              load.progress().members().stream()
                      .filter(share -> share.state().equals("complete"))
                      .count()
                  == 2);
      assertThat(load.progress().phase()).isEqualTo(Phase.LOADING);
      joined.store.release();
      isComplete(end(grid, load), total);
      assertThat(joined.heldBytes()).isPositive();
      assertThat(grid.missing(1)).isEmpty();
    }
  }

  @Test
  void anOrderWhoseCoordinatorDiesIsDroppedAndTheNextLoadFindsWhatIsCached() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 200);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      grid.nodes.get("b").store.hold();
      LoadRun load = grid.nodes.get("a").load(ALL);
      grid.until("c is done", () -> grid.nodes.get("c").heldBytes() > total / 5);
      grid.kill("a");
      var orders = grid.maps.map("load-orders");
      grid.until(
          "it is noticed",
          () -> {
            grid.ticker.advance(Duration.ofSeconds(1));
            return orders.entries().isEmpty();
          });
      grid.nodes.get("b").store.release();
      isComplete(end(grid, grid.nodes.get("c").load(ALL)), total);
      assertThat(grid.missing(1)).isEmpty();
      assertThat(load.progress().phase()).isNotEqualTo(Phase.COMPLETE);
    }
  }

  @Test
  void aCancelledLoadStopsOnAllMembers() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 300);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id).store.hold();
      }
      LoadRun load = grid.nodes.get("a").load(ALL);
      grid.nodes.values().forEach(node -> node.store.release());
      load.cancel();
      assertThat(end(grid, load).phase()).isEqualTo(Phase.CANCELLED);
      grid.until("nobody reports", () -> grid.maps.map("load-progress").entries().isEmpty());
      assertThat(grid.maps.map("load-orders").entries()).isEmpty();
      isComplete(end(grid, grid.nodes.get("b").load(ALL)), total);
      assertThat(grid.originBytes()).as("restarted, not repeated").isEqualTo(total);
    }
  }

  @Test
  void aMemberThatIsFullFailsTheLoadAndIsNamed() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 100);
      grid.join("a");
      grid.join("b", 2 * BLOCK);
      grid.join("c");
      LoadProgress end = end(grid, grid.nodes.get("a").load(ALL));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.failures())
          .singleElement()
          .asString()
          .startsWith("member b: cache full: ")
          .contains("quota of 128.00KiB");
      assertThat(end.cachedBytes()).isLessThan(total);
      long held = grid.nodes.values().stream().mapToLong(LoadGrid.Node::heldBytes).sum();
      assertThat(end.cachedBytes()).as("what is said is what is held").isEqualTo(held);
    }
  }

  @Test
  void aMemberThatCannotReadFailsTheLoadWithItsReasons() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      grid.fill(SEED, 100);
      grid.join("a");
      grid.join("b").store.fault =
          (_, _) -> {
            throw StorageException.of(Kind.ACCESS_DENIED, "no permission");
          };
      LoadProgress end = end(grid, grid.nodes.get("a").load(ALL));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.failures())
          .hasSize(20)
          .allMatch(line -> line.startsWith("member b: ") && line.endsWith(": no permission"));
      assertThat(grid.nodes.get("a").heldBytes()).as("the others go on").isPositive();
      assertThat(end.cachedFiles()).isLessThan(end.totalFiles());
    }
  }

  @Test
  void aMemberThatDoesNotRunTheDatasetIsWaitedForAndThenNamed() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 50);
      grid.join("a");
      grid.join("b").runs = false;
      LoadRun load = grid.nodes.get("a").load(ALL);
      grid.until("b says so", () -> states(load).contains("waiting"));
      grid.ticker.advance(Duration.ofSeconds(20));
      assertThat(load.progress().phase().isEnd()).isFalse();
      grid.nodes.get("b").runs = true;
      isComplete(end(grid, load), total);
      grid.nodes.get("b").runs = false;
      LoadRun again = grid.nodes.get("a").load(ALL);
      grid.until(
          "patience ends",
          () -> {
            grid.ticker.advance(Duration.ofSeconds(5));
            return again.progress().phase().isEnd();
          });
      assertThat(again.progress().phase()).isEqualTo(Phase.FAILED);
      assertThat(again.progress().failures())
          .singleElement()
          .asString()
          .startsWith("member b: dataset default/d does not run there; waited ");
    }
  }

  private static List<String> states(LoadRun load) {
    return load.progress().members().stream().map(MemberShare::state).toList();
  }

  @Test
  void membersThatSeeDifferentFilesListAnewBeforeTheLoadIsComplete() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 50);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      isComplete(end(grid, grid.nodes.get("a").load(ALL)), total);
      byte[] fresh = ReadFixture.random(20 * BLOCK, 7);
      grid.nodes.values().forEach(node -> node.store.put("d1/f1", fresh));
      // b goes on to see the old version, of which it holds all that is its own.
      grid.nodes.get("a").files.tree().sync("");
      grid.nodes.get("c").files.tree().sync("");
      LoadProgress end = end(grid, grid.nodes.get("a").load(ALL));
      assertThat(end.phase()).as("%s", end).isEqualTo(Phase.COMPLETE);
      long held = grid.nodes.values().stream().mapToLong(node -> presentOf(node, "d1/f1")).sum();
      assertThat(held).as("of the new version").isEqualTo(fresh.length);
      assertThat(presentOf(grid.nodes.get("b"), "d1/f1")).isPositive();
    }
  }

  private static long presentOf(LoadGrid.Node node, String path) {
    try {
      return node.files.cachedBytes(path);
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void twoOrdersForTheSameDatasetBringNothingTwice() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 200);
      for (String id : List.of("a", "b", "c")) {
        grid.join(id);
      }
      LoadRun one = grid.nodes.get("a").load(ALL);
      LoadRun two = grid.nodes.get("b").load(ALL);
      isComplete(end(grid, one), total);
      isComplete(end(grid, two), total);
      assertThat(grid.originBytes()).isEqualTo(total);
    }
  }

  @Test
  void anyMemberSeesHowFarALoadIs() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 100);
      grid.join("a");
      grid.join("b").store.hold();
      assertThat(grid.nodes.get("b").loads.observe(LoadGrid.UID, ALL)).isEmpty();
      LoadRun load = grid.nodes.get("a").load(ALL);
      var b = grid.nodes.get("b").loads;
      grid.until(
          "b sees what a holds",
          () -> b.observe(LoadGrid.UID, ALL).filter(seen -> seen.cachedBytes() > 0).isPresent());
      assertThat(b.observe(LoadGrid.UID, ALL).orElseThrow().phase()).isEqualTo(Phase.LOADING);
      assertThat(b.observe(LoadGrid.UID, copies(2))).as("another load").isEmpty();
      grid.nodes.get("b").store.release();
      isComplete(end(grid, load), total);
      grid.until("nobody sees it", () -> b.observe(LoadGrid.UID, ALL).isEmpty());
    }
  }

  @Test
  void aCheckAddsUpWhatAllHold() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 100);
      grid.join("a");
      grid.join("b");
      LoadRequest check = new LoadRequest(List.of(), Mode.CHECK, false);
      LoadProgress before = end(grid, grid.nodes.get("a").load(check));
      assertThat(before.phase()).isEqualTo(Phase.COMPLETE);
      assertThat(before.cachedBytes()).isZero();
      isComplete(end(grid, grid.nodes.get("a").load(ALL)), total);
      isComplete(end(grid, grid.nodes.get("b").load(check)), total);
      assertThat(grid.originBytes()).isEqualTo(total);
    }
  }

  @Test
  void aLimitedLoadTakesNoMoreFromTheOriginThanTimeAllows() throws Exception {
    try (LoadGrid grid = new LoadGrid()) {
      long total = grid.fill(SEED, 40);
      grid.join("a");
      grid.join("b");
      long rate = 4L * BLOCK;
      LoadOptions limited = new LoadOptions(1, Map.of(), rate);
      LoadRun load =
          grid.nodes.get("a").load(new LoadRequest(List.of(), Mode.LOAD, false, limited));
      AtomicLong millis = new AtomicLong();
      grid.until(
          "the load ends",
          () -> {
            // Each member may have saved a tenth of a second, and be one block ahead.
            long allowed = rate * millis.get() / 1000 + rate / 10 + 2L * BLOCK;
            assertThat(grid.originBytes()).isLessThanOrEqualTo(allowed);
            millis.addAndGet(50);
            grid.ticker.advance(Duration.ofMillis(50));
            return load.progress().phase().isEnd();
          });
      isComplete(load.progress(), total);
    }
  }

  @Test
  void completeIsTrueWhateverHappensMeanwhile() throws Exception {
    for (long seed = SEED; seed < SEED + 12; seed++) {
      Random random = new Random(seed);
      try (LoadGrid grid = new LoadGrid()) {
        long total = grid.fill(seed, 120);
        int members = 2 + random.nextInt(3);
        for (int i = 0; i < members; i++) {
          grid.join("m" + i);
        }
        String coordinator = "m" + random.nextInt(members);
        LoadRun load = grid.nodes.get(coordinator).load(ALL);
        for (int step = 0; step < 4; step++) {
          if (random.nextBoolean()) {
            grid.join("late" + step);
          } else if (grid.nodes.size() > 1) {
            List<String> ids = List.copyOf(grid.nodes.keySet());
            String dies = ids.get(random.nextInt(ids.size()));
            if (!dies.equals(coordinator)) {
              grid.kill(dies);
            }
          }
          if (load.progress().phase().isEnd()) {
            // It may have ended before that: who dies after a load takes bytes along. Once more.
            end(grid, load);
            load = grid.nodes.get(coordinator).load(ALL);
          }
          for (int i = random.nextInt(2000); i > 0; i--) {
            Thread.onSpinWait();
          }
        }
        LoadProgress end = end(grid, load);
        assertThat(end.phase()).as("seed %d: %s", seed, end).isEqualTo(Phase.COMPLETE);
        assertThat(end.totalBytes()).as("seed %d", seed).isEqualTo(total);
        assertThat(grid.missing(1)).as("seed %d", seed).isEmpty();
      }
    }
  }
}
