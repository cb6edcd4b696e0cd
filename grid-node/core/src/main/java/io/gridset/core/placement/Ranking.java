package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Capacity-weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer
/// and Schomaker 2005): each member's score for a block is `-weight / ln(u)` with `u` uniform from
/// a hash of both. The first is the block's home. A join or leave moves only the ideal share, and
/// the previous holder is always next in rank. Pure; thread-safe.
public final class Ranking {
  private Ranking() {}

  /// The members that may hold `key`, best first; those of weight 0 are left out.
  public static List<Member> rank(BlockKey key, MemberView view) {
    record Scored(Member member, double score) {}
    List<Scored> scored = new ArrayList<>(view.members().size());
    long seed = hash(key.version().id(), key.index());
    for (Member member : view.members()) {
      if (member.weight() > 0) {
        scored.add(new Scored(member, score(seed, member)));
      }
    }
    scored.sort(Comparator.comparingDouble(Scored::score).reversed());
    return scored.stream().map(Scored::member).toList();
  }

  private static double score(long seed, Member member) {
    long bits = mix(seed ^ hash(member.id(), 0x9E37));
    double uniform = ((bits >>> 11) + 0.5) / (1L << 53);
    return -member.weight() / Math.log(uniform);
  }

  private static long hash(String text, int salt) {
    long hash = 0xCBF29CE484222325L ^ mix(salt);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return mix(hash);
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
