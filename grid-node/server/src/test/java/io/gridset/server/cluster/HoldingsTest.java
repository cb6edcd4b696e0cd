package io.gridset.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.unit.TestingSeed;
import io.gridset.server.state.SharedMap;
import io.gridset.server.state.SharedMaps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HoldingsTest {
  private static final String UID = "uid-1";
  private final SharedMap map = SharedMaps.alone().map(Holdings.MAP);
  private MemberView view = members("a", "b", "c");

  @Test
  void theClustersBytesAreThoseAtHomeAndNeverCountedTwice() {
    put("b", new HeldBytes(70, 30, 1000, 5, 6));
    put("c", new HeldBytes(30, 30, 1000, 7, 8));
    try (Holdings holdings = new Holdings(map, "a", () -> view)) {
      holdings.publish(() -> List.of(new Held(50, 40)));
      DatasetUsage cluster = holdings.of(UID, usage(50));
      assertThat(cluster.cachedBytes()).isEqualTo(100);
      assertThat(cluster.capacityBytes()).isEqualTo(3000);
      assertThat(cluster.originBytes()).isEqualTo(1 + 5 + 7);
      assertThat(cluster.servedBytes()).isEqualTo(2 + 6 + 8);
      assertThat(cluster.totalBytes()).hasValue(100);
    }
  }

  @Test
  void theFigureIsNeverBelowWhatOneMemberHolds() {
    put("b", new HeldBytes(90, 30, 1000, 0, 0));
    try (Holdings holdings = new Holdings(map, "a", () -> view)) {
      holdings.publish(() -> List.of(new Held(0, 0)));
      assertThat(holdings.of(UID, usage(0)).cachedBytes()).isEqualTo(90);
    }
  }

  @Test
  void aMemberThatIsGoneCountsNoMore() {
    put("b", new HeldBytes(50, 50, 1000, 5, 5));
    view = members("a", "c");
    try (Holdings holdings = new Holdings(map, "a", () -> view)) {
      holdings.publish(() -> List.of(new Held(10, 10)));
      assertThat(holdings.of(UID, usage(10))).isEqualTo(usage(10));
      assertThat(holdings.heldBy(UID)).containsOnlyKeys("a");
    }
  }

  @Test
  void aMemberThatHoldsNoHomeBlocksAddsNoCapacity() {
    view = MemberView.of(List.of(new Member("a", 1), new Member("b", 0)));
    put("b", new HeldBytes(10, 0, 1000, 0, 0));
    try (Holdings holdings = new Holdings(map, "a", () -> view)) {
      holdings.publish(() -> List.of(new Held(10, 10)));
      assertThat(holdings.of(UID, usage(10)).capacityBytes()).isEqualTo(1000);
    }
  }

  @Test
  void othersMayHoldBytesUntilTheyAllSaidTheyHoldNone() {
    try (Holdings holdings = new Holdings(map, "a", () -> view)) {
      assertThat(holdings.mayBeElsewhere(UID)).as("nobody said anything").isTrue();
      put("b", new HeldBytes(0, 0, 1000, 0, 0));
      assertThat(holdings.mayBeElsewhere(UID)).isTrue();
      put("c", new HeldBytes(0, 0, 1000, 0, 0));
      assertThat(holdings.mayBeElsewhere(UID)).isFalse();
      put("c", new HeldBytes(1, 0, 1000, 0, 0));
      assertThat(holdings.mayBeElsewhere(UID)).isTrue();
      map.put(UID + "/c", "what a later version says");
      assertThat(holdings.mayBeElsewhere(UID)).isTrue();
      view = members("a");
      assertThat(holdings.mayBeElsewhere(UID)).isFalse();
    }
  }

  @Test
  void onlyWhatChangedIsToldAndAllIsTakenBackAtTheEnd() {
    List<String> puts = new ArrayList<>();
    SharedMap counting = new Counting(map, puts);
    List<HeldDataset> here = new ArrayList<>(List.of(new Held(10, 5)));
    Holdings holdings = new Holdings(counting, "a", () -> view);
    holdings.publish(() -> List.copyOf(here));
    holdings.tell();
    holdings.tell();
    assertThat(puts).hasSize(1);
    here.set(0, new Held(11, 5));
    holdings.tell();
    assertThat(puts).hasSize(2);
    assertThat(map.find(UID + "/a").flatMap(HeldBytes::parse))
        .hasValue(new HeldBytes(11, 5, 1000, 1, 2));
    here.clear();
    holdings.tell();
    assertThat(map.entries()).isEmpty();
    here.add(new Held(1, 1));
    holdings.tell();
    assertThat(map.entries()).isNotEmpty();
    holdings.close();
    assertThat(map.entries()).isEmpty();
  }

  /// Blocks in any number of places: the figure is at most what the members really hold together,
  /// and exact once every block is with its home.
  @Test
  void theFigureNeverPromisesBytesThatNobodyHolds() {
    long seed = TestingSeed.of(HoldingsTest.class);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      Map<String, long[]> bytes = new HashMap<>();
      long union = 0;
      boolean settled = random.nextBoolean();
      for (int block = 0; block < 100; block++) {
        String home = String.valueOf("abc".charAt(random.nextInt(3)));
        boolean anywhere = false;
        boolean atHome = false;
        for (String member : List.of("a", "b", "c")) {
          boolean holds = random.nextInt(3) == 0 && (!settled || member.equals(home));
          long[] sums = bytes.computeIfAbsent(member, _ -> new long[2]);
          sums[0] += holds ? 1 : 0;
          sums[1] += holds && member.equals(home) ? 1 : 0;
          anywhere |= holds;
          atHome |= holds && member.equals(home);
        }
        union += anywhere ? 1 : 0;
        assertThat(!settled || anywhere == atHome).isTrue();
      }
      bytes.forEach((member, sums) -> put(member, new HeldBytes(sums[0], sums[1], 1, 0, 0)));
      try (Holdings holdings = new Holdings(map, "a", () -> view)) {
        long[] own = bytes.get("a");
        holdings.publish(() -> List.of(new Held(own[0], own[1])));
        long figure = holdings.of(UID, usage(own[0])).cachedBytes();
        assertThat(figure).isLessThanOrEqualTo(union).isGreaterThanOrEqualTo(own[0]);
        if (settled) {
          assertThat(figure).isEqualTo(union);
        }
      }
    }
  }

  private void put(String member, HeldBytes held) {
    map.put(UID + "/" + member, held.encoded());
  }

  private static MemberView members(String... ids) {
    return MemberView.of(java.util.stream.Stream.of(ids).map(id -> new Member(id, 1)).toList());
  }

  private static DatasetUsage usage(long cached) {
    return new DatasetUsage(
        OptionalLong.of(100),
        OptionalLong.of(1),
        cached,
        1000,
        1,
        2,
        DatasetUsage.PeerTraffic.none());
  }

  /// A dataset that holds these bytes here.
  private record Held(long total, long home) implements HeldDataset {
    @Override
    public String uid() {
      return UID;
    }

    @Override
    public io.gridset.core.cache.BlockCache cache() {
      return new FixedBytes(total, home);
    }

    @Override
    public int blockBytes() {
      return 1;
    }

    @Override
    public DatasetUsage usage() {
      return HoldingsTest.usage(total);
    }

    @Override
    public void visitFiles(FileVisitor visitor) {}
  }

  private record Counting(SharedMap to, List<String> puts) implements SharedMap {
    @Override
    public Map<String, String> entries() {
      return to.entries();
    }

    @Override
    public synchronized void put(String key, String value) {
      puts.add(value);
      to.put(key, value);
    }

    @Override
    public void remove(String key) {
      to.remove(key);
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
      return to.watch(changed);
    }
  }
}
