package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Capacity-weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer
/// and Schomaker 2005): each member's score for a block is `-weight / ln(u)` with `u` uniform from
/// a hash of both. The first is the block's home. A join or leave moves only the ideal share, and
/// the previous holder is always next in rank. Made once for a view. Pure; thread-safe.
public final class Ranking {
  private static final int MEMBER_SALT = 0x9E37;

  private final MemberView view;
  private final Member[] candidates;
  private final long[] hashes;

  private record Scored(Member member, double score) {}

  private Ranking(MemberView view) {
    this.view = view;
    candidates =
        view.members().stream().filter(member -> member.weight() > 0).toArray(Member[]::new);
    hashes = new long[candidates.length];
    for (int i = 0; i < candidates.length; i++) {
      hashes[i] = Hashing.of(candidates[i].id(), MEMBER_SALT);
    }
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
    for (int i = 0; i < candidates.length; i++) {
      double score = score(seed, i);
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    return best < 0 ? Optional.empty() : Optional.of(candidates[best]);
  }

  /// The first `limit` members for `key`, best first.
  public List<Member> first(BlockKey key, int limit) {
    long seed = seed(key);
    List<Scored> scored = new ArrayList<>(candidates.length);
    for (int i = 0; i < candidates.length; i++) {
      scored.add(new Scored(candidates[i], score(seed, i)));
    }
    scored.sort(Comparator.comparingDouble(Scored::score).reversed());
    return scored.stream().limit(limit).map(Scored::member).toList();
  }

  private static long seed(BlockKey key) {
    return Hashing.of(key.version().id(), key.index());
  }

  private double score(long seed, int candidate) {
    long bits = Hashing.mix(seed ^ hashes[candidate]);
    double uniform = ((bits >>> 11) + 0.5) / (1L << 53);
    return -candidates[candidate].weight() / Math.log(uniform);
  }
}
