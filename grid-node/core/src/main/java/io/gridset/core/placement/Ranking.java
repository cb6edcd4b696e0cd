package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/// Capacity-weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer
/// and Schomaker 2005): each member's score for a block is `-weight / ln(u)` with `u` uniform from
/// a hash of both. The first is the block's home. A join or leave moves only the ideal share, and
/// the previous holder is always next in rank. Made once for a view. Pure; thread-safe.
///
/// Few logarithms are taken: since `-ln(u) >= 1 - u`, a member whose `u` is not above `1 - greatest
/// weight / score to beat` cannot beat that score, whatever its own weight. The rest, some
/// `ln(members)` of them, are compared by the formula, so the ranking is the formula's.
public final class Ranking {
  private static final int MEMBER_SALT = 0x9E37;

  /// `u` has this many values.
  private static final double UNIFORMS = 1L << 53;

  /// What rounding in a score and in the bar may amount to, generously: who is that close to the
  /// bar is compared by the formula.
  private static final double RELATIVE_MARGIN = 1 + 1.0 / (1L << 40);

  private static final long MARGIN = 8;
  private static final long NO_BAR = -1;

  private final MemberView view;
  private final Member[] candidates;
  private final long[] hashes;
  private final double greatestWeight;

  private Ranking(MemberView view) {
    this.view = view;
    candidates =
        view.members().stream().filter(member -> member.weight() > 0).toArray(Member[]::new);
    hashes = new long[candidates.length];
    for (int i = 0; i < candidates.length; i++) {
      hashes[i] = Hashing.of(candidates[i].id(), MEMBER_SALT);
    }
    DoubleStream weights = Arrays.stream(candidates).mapToDouble(Member::weight);
    greatestWeight = weights.max().orElse(0);
  }

  /// The ranking among the members of `view`; those of weight 0 are left out.
  public static Ranking of(MemberView view) {
    return new Ranking(view);
  }

  public MemberView view() {
    return view;
  }

  /// The home of `key`; empty while no member has capacity.
  public Optional<Member> home(BlockKey key) {
    long seed = seed(key);
    int best = -1;
    double bestScore = -1;
    long bar = NO_BAR;
    for (int i = 0; i < hashes.length; i++) {
      long digits = digits(seed, i);
      if (digits > bar) {
        double score = score(digits, i);
        if (score > bestScore) {
          best = i;
          bestScore = score;
          bar = bar(score);
        }
      }
    }
    return best < 0 ? Optional.empty() : Optional.of(candidates[best]);
  }

  /// The first `limit` members for `key`, best first.
  public List<Member> first(BlockKey key, int limit) {
    long seed = seed(key);
    Podium podium = new Podium(Math.min(limit, hashes.length));
    long bar = NO_BAR;
    for (int i = 0; i < hashes.length; i++) {
      long digits = digits(seed, i);
      if (digits > bar && podium.offer(i, score(digits, i))) {
        bar = bar(podium.toBeat());
      }
    }
    Member[] first = new Member[podium.candidates.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = candidates[podium.candidates[i]];
    }
    return List.of(first);
  }

  private static long seed(BlockKey key) {
    return Hashing.of(key.version().id(), key.index());
  }

  private long digits(long seed, int candidate) {
    return Hashing.mix(seed ^ hashes[candidate]) >>> 11;
  }

  private double score(long digits, int candidate) {
    double uniform = (digits + 0.5) / UNIFORMS;
    return candidates[candidate].weight() / Math.abs(Math.log(uniform));
  }

  /// The digits that are too few to beat `score`.
  private long bar(double score) {
    double least = 1 - greatestWeight / score * RELATIVE_MARGIN;
    return (long) (Math.max(0, least) * UNIFORMS) - MARGIN;
  }

  /// The best so far, best first; among equals the one that came first.
  private static final class Podium {
    private final int[] candidates;
    private final double[] scores;
    private int filled;

    Podium(int places) {
      candidates = new int[places];
      scores = new double[places];
    }

    /// The score of the last place; 0 as long as there is a free one.
    double toBeat() {
      return filled < scores.length ? 0 : scores[filled - 1];
    }

    /// Whether the candidate got a place.
    boolean offer(int candidate, double score) {
      int place = filled;
      while (place > 0 && score > scores[place - 1]) {
        place--;
      }
      if (place == scores.length) {
        return false;
      }
      filled = Math.min(filled + 1, scores.length);
      System.arraycopy(scores, place, scores, place + 1, filled - place - 1);
      System.arraycopy(candidates, place, candidates, place + 1, filled - place - 1);
      scores[place] = score;
      candidates[place] = candidate;
      return true;
    }
  }
}
