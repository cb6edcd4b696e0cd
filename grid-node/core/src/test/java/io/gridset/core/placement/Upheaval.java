package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// A grid and what happens to it: one member joins, one leaves or crashes, two crash at once, all
/// are restarted one after the other. Immutable, so that several threads may judge blocks by it.
final class Upheaval {
  private static final int JOINER = 1_000_000;
  private static final int RENAMED = 2_000_000;

  final Ranking before;
  final Member joiner;
  final Member leaver;
  final Member second;
  private final Ranking joined;
  private final Ranking left;
  private final Ranking restarted;
  private final Ranking renamed;
  private final Map<Member, Integer> numbers = new IdentityHashMap<>();

  Upheaval(double[] weights) {
    List<Member> members = new ArrayList<>();
    List<Member> strangers = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      members.add(Grids.member(i, weights[i]));
      strangers.add(Grids.member(RENAMED + i, weights[i]));
      numbers.put(members.get(i), i);
      numbers.put(strangers.get(i), i);
    }
    MemberView view = MemberView.of(members);
    joiner = Grids.member(JOINER, weights[0]);
    leaver = members.get(weights.length / 2);
    second = members.get(weights.length / 3);
    before = Ranking.of(view);
    joined = Ranking.of(Grids.with(view, joiner));
    left = Ranking.of(Grids.without(view, leaver));
    restarted = Ranking.of(Grids.with(Grids.without(view, leaver), leaver));
    renamed = Ranking.of(MemberView.of(strangers));
  }

  int number(Member member) {
    return numbers.get(member);
  }

  Member home(BlockKey key) {
    return before.home(key).orElseThrow();
  }

  /// Adds to `tally` what becomes of one block, and whatever breaks a promise.
  void judge(BlockKey key, Tally tally) {
    List<Member> ranks = before.first(key, 3);
    Member home = ranks.getFirst();
    tally.judged++;
    judgeJoin(key, home, tally);
    Member heir = left.home(key).orElseThrow();
    if (home == leaver) {
      tally.movedByLeave++;
      tally.broken += heir == ranks.get(1) ? 0 : 1;
    } else {
      tally.broken += heir == home ? 0 : 1;
    }
    boolean next = ranks.get(1) == leaver;
    tally.secondCopies += next ? 1 : 0;
    if (home == leaver || home == second) {
      tally.lostByTwoCrashes++;
      tally.lostByTwoCrashesOfTwoCopies += next || ranks.get(1) == second ? 1 : 0;
    }
    tally.movedByRestart += restarted.home(key).orElseThrow() == home ? 0 : 1;
    tally.movedByRenaming += number(renamed.home(key).orElseThrow()) == number(home) ? 0 : 1;
  }

  private void judgeJoin(BlockKey key, Member home, Tally tally) {
    Member now = joined.home(key).orElseThrow();
    if (now == joiner) {
      tally.movedByJoin++;
      tally.broken += joined.first(key, 2).get(1) == home ? 0 : 1;
    } else {
      tally.broken += now == home ? 0 : 1;
    }
  }
}
