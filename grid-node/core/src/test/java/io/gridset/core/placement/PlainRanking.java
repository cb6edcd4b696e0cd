package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// The ranking as its formula is written, a logarithm for every member: what [Ranking] must agree
/// with, and what it is timed against.
final class PlainRanking {
  private final List<Member> members;
  private final long[] hashes;

  private record Scored(Member member, double score) {}

  PlainRanking(MemberView view) {
    members = view.members().stream().filter(member -> member.weight() > 0).toList();
    hashes = members.stream().mapToLong(member -> Hashing.of(member.id(), 0x9E37)).toArray();
  }

  /// The first in rank, found without ranking the others.
  Member home(BlockKey key) {
    long block = Hashing.of(key.version().id(), key.index());
    int best = 0;
    double bestScore = -1;
    for (int i = 0; i < hashes.length; i++) {
      double score = score(block, i);
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    return members.get(best);
  }

  List<Member> first(BlockKey key, int limit) {
    long block = Hashing.of(key.version().id(), key.index());
    return IntStream.range(0, hashes.length)
        .mapToObj(i -> new Scored(members.get(i), score(block, i)))
        .sorted(Comparator.comparingDouble(Scored::score).reversed())
        .limit(limit)
        .map(Scored::member)
        .toList();
  }

  private double score(long block, int i) {
    long digits = Hashing.mix(block ^ hashes[i]) >>> 11;
    return -members.get(i).weight() / Math.log((digits + 0.5) / (1L << 53));
  }
}
