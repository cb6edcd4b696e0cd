package io.gridset.core.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What placement promises. Hashes know no luck: a figure that holds once holds in every run.
class RankingTest {
  private static final List<BlockKey> BLOCKS = Grids.blocks(60_000);

  /// Members of two versions work side by side during an upgrade, and caches outlive both.
  @Test
  void theHomesNeverChangeFromOneVersionToTheNext() {
    List<Member> members =
        List.of(new Member("a", 1), new Member("b", 2), new Member("c", 1), new Member("d", 0.5));
    Ranking ranking = Ranking.of(MemberView.of(members));
    String ranks =
        BLOCKS.subList(0, 12).stream()
            .map(key -> ids(ranking.first(key, 4)))
            .collect(Collectors.joining(" "));
    assertThat(ranks).isEqualTo("cabd bdca bcad cbda badc bdca bcad cbda cbad adbc acdb abcd");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void theShortWayRanksAsTheFormulaDoes(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      MemberView view = randomView(random);
      Ranking ranking = Ranking.of(view);
      PlainRanking formula = new PlainRanking(view);
      for (int i = 0; i < 40; i++) {
        BlockKey key = BLOCKS.get(random.nextInt(BLOCKS.size()));
        List<Member> all = formula.first(key, view.members().size());
        int limit = random.nextInt(view.members().size() + 2);
        assertThat(ranking.home(key))
            .as("seed %s, %s", seed, key)
            .isEqualTo(all.stream().findFirst());
        assertThat(ranking.first(key, limit))
            .as("seed %s, %s, the first %s of %s", seed, key, limit, view)
            .isEqualTo(all.subList(0, Math.min(limit, all.size())));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 100})
  void equalMembersHoldEqualShares(int members) {
    MemberView view = Grids.equal(members);
    assertThat(chiSquared(view)).isLessThan(credible(members));
  }

  @Test
  void sharesAreInProportionToWeights() {
    List<Member> members =
        IntStream.range(0, 40).mapToObj(i -> Grids.member(i, 1 << (i % 4))).toList();
    assertThat(chiSquared(MemberView.of(members))).isLessThan(credible(members.size()));
  }

  @Test
  void membersWithoutCapacityAreNobodysHome() {
    MemberView two = Grids.equal(2);
    Ranking ranking = Ranking.of(Grids.with(two, Grids.member(2, 0)));
    assertThat(BLOCKS).allMatch(key -> ranking.first(key, 3).equals(Ranking.of(two).first(key, 3)));
    Ranking nobody = Ranking.of(MemberView.of(List.of(Grids.member(2, 0))));
    assertThat(nobody.home(BLOCKS.getFirst())).isEmpty();
    assertThat(nobody.first(BLOCKS.getFirst(), 3)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 30})
  void aJoinMovesItsShareToTheJoinerAndNothingElse(int members) {
    MemberView before = Grids.equal(members);
    Member joiner = Grids.member(1_000, 1);
    MemberView after = Grids.with(before, joiner);
    int moved = 0;
    for (BlockKey key : BLOCKS) {
      Member home = home(after, key);
      if (!home.equals(home(before, key))) {
        assertThat(home).isEqualTo(joiner);
        moved++;
      }
    }
    assertShare(moved, 1.0 / (members + 1));
  }

  @Test
  void afterAJoinThePreviousHolderIsNextInRank() {
    MemberView before = Grids.equal(12);
    Member joiner = Grids.member(1_000, 3);
    Ranking after = Ranking.of(Grids.with(before, joiner));
    assertThat(BLOCKS)
        .filteredOn(key -> after.home(key).orElseThrow().equals(joiner))
        .isNotEmpty()
        .allMatch(key -> after.first(key, 2).get(1).equals(home(before, key)));
  }

  @Test
  void aLeaveMovesOnlyTheLeaversBlocksAndSharesThemOut() {
    MemberView before = Grids.equal(21);
    Member leaver = before.members().get(13);
    MemberView after = Grids.without(before, leaver);
    Ranking ranking = Ranking.of(before);
    Map<Member, Integer> received = new HashMap<>();
    for (BlockKey key : BLOCKS) {
      List<Member> all = new ArrayList<>(ranking.first(key, 21));
      if (all.getFirst().equals(leaver)) {
        received.merge(all.get(1), 1, Integer::sum);
      }
      all.remove(leaver);
      assertThat(Ranking.of(after).first(key, 3)).isEqualTo(all.subList(0, 3));
    }
    double moved = received.values().stream().mapToInt(n -> n).sum();
    assertShare((int) moved, 1.0 / 21);
    double chiSquared = 0;
    for (Member member : after.members()) {
      chiSquared += Math.pow(received.getOrDefault(member, 0) - moved / 20, 2) / (moved / 20);
    }
    assertThat(chiSquared).isLessThan(credible(20));
  }

  @Test
  void everyMemberRanksAlikeInWhateverOrderItKnowsTheOthers() {
    List<Member> members = new ArrayList<>(randomView(new Random(7)).members());
    MemberView view = MemberView.of(members);
    List<List<Member>> ranks = ranks(view);
    for (int seed = 0; seed < 5; seed++) {
      Collections.shuffle(members, new Random(seed));
      MemberView shuffled = MemberView.of(members);
      assertThat(shuffled.fingerprint()).isEqualTo(view.fingerprint());
      assertThat(ranks(shuffled)).isEqualTo(ranks);
    }
  }

  @Test
  void aChangeOfWeightMovesTheDifferenceAndNothingElse() {
    MemberView rest = Grids.equal(9);
    MemberView before = Grids.with(rest, Grids.member(1_000, 1));
    Member grown = Grids.member(1_000, 2);
    MemberView after = Grids.with(rest, grown);
    assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
    int moved = 0;
    for (BlockKey key : BLOCKS) {
      Member then = home(before, key);
      Member now = home(after, key);
      if (!now.id().equals(then.id())) {
        assertThat(now).isEqualTo(grown); // and so shrinking again moves only its own
        moved++;
      }
    }
    assertShare(moved, 2.0 / 11 - 1.0 / 10);
  }

  /// One to 300 members, equal or of weights that differ a little, or by many orders of magnitude,
  /// or not at all for some.
  private static MemberView randomView(Random random) {
    int count = 1 + random.nextInt(random.nextBoolean() ? 6 : 300);
    double span = new double[] {0, 1, 8, 60}[random.nextInt(4)];
    return MemberView.of(
        IntStream.range(0, count)
            .mapToObj(
                i -> {
                  double weight = Math.exp(span * (random.nextDouble() - 0.5));
                  return Grids.member(i, random.nextInt(20) == 0 ? 0 : weight);
                })
            .toList());
  }

  private static List<List<Member>> ranks(MemberView view) {
    Ranking ranking = Ranking.of(view);
    return BLOCKS.subList(0, 2_000).stream().map(key -> ranking.first(key, 5)).toList();
  }

  private static Member home(MemberView view, BlockKey key) {
    return Ranking.of(view).home(key).orElseThrow();
  }

  /// Pearson's statistic of the blocks at home at each member against their weights' shares.
  private static double chiSquared(MemberView view) {
    Ranking ranking = Ranking.of(view);
    Map<Member, Integer> loads = new HashMap<>();
    BLOCKS.forEach(key -> loads.merge(ranking.home(key).orElseThrow(), 1, Integer::sum));
    double weights = view.members().stream().mapToDouble(Member::weight).sum();
    return view.members().stream()
        .mapToDouble(
            member -> {
              double ideal = BLOCKS.size() * member.weight() / weights;
              return Math.pow(loads.getOrDefault(member, 0) - ideal, 2) / ideal;
            })
        .sum();
  }

  /// Four standard deviations above what chance alone makes of Pearson's statistic.
  private static double credible(int members) {
    return members - 1 + 4 * Math.sqrt(2 * (members - 1));
  }

  /// `moved` of all blocks is the share, but for four standard deviations of chance.
  private static void assertShare(int moved, double share) {
    double deviation = Math.sqrt(BLOCKS.size() * share * (1 - share));
    assertThat((double) moved)
        .isBetween(BLOCKS.size() * share - 4 * deviation, BLOCKS.size() * share + 4 * deviation);
  }

  private static String ids(List<Member> members) {
    return members.stream().map(Member::id).collect(Collectors.joining());
  }
}
