package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import java.util.Comparator;
import java.util.List;

/// The ranking as its formula is written, a logarithm for every member: what [Ranking] must agree
/// with.
final class PlainRanking {
  private final List<Member> members;

  private record Scored(Member member, double score) {}

  PlainRanking(MemberView view) {
    members = view.members().stream().filter(member -> member.weight() > 0).toList();
  }

  List<Member> first(BlockKey key, int limit) {
    return members.stream()
        .map(member -> new Scored(member, score(key, member)))
        .sorted(Comparator.comparingDouble(Scored::score).reversed())
        .limit(limit)
        .map(Scored::member)
        .toList();
  }

  private static double score(BlockKey key, Member member) {
    long block = Hashing.of(key.version().id(), key.index());
    long digits = Hashing.mix(block ^ Hashing.of(member.id(), 0x9E37)) >>> 11;
    return -member.weight() / Math.log((digits + 0.5) / (1L << 53));
  }
}
