package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Members and blocks to place, all of them made from numbers, so that every run sees the same.
final class Grids {
  /// Blocks of a file of 30 GB at 4 MiB.
  static final int BLOCKS_OF_A_FILE = 7_153;

  private Grids() {}

  /// A member whose id looks like a real one, random digits.
  static Member member(int number, double weight) {
    SplittableRandom digits = new SplittableRandom(number);
    return new Member(hexadecimal(digits.nextLong(), digits.nextLong()), weight);
  }

  static MemberView equal(int members) {
    return MemberView.of(IntStream.range(0, members).mapToObj(i -> member(i, 1)).toList());
  }

  static MemberView with(MemberView view, Member joiner) {
    List<Member> members = new ArrayList<>(view.members());
    members.add(joiner);
    return MemberView.of(members);
  }

  static MemberView without(MemberView view, Member leaver) {
    return MemberView.of(view.members().stream().filter(m -> !m.equals(leaver)).toList());
  }

  /// File number `number` of a large dataset.
  static FileVersion file(long number) {
    SplittableRandom digits = new SplittableRandom(number);
    return new FileVersion(hexadecimal(digits.nextLong(), digits.nextLong()));
  }

  /// The first `count` blocks of that dataset.
  static List<BlockKey> blocks(int count) {
    List<BlockKey> blocks = new ArrayList<>(count);
    for (int file = 0; blocks.size() < count; file++) {
      FileVersion version = file(file);
      for (int i = 0; i < BLOCKS_OF_A_FILE && blocks.size() < count; i++) {
        blocks.add(new BlockKey(version, i));
      }
    }
    return blocks;
  }

  private static String hexadecimal(long high, long low) {
    return String.format("%016x%016x", high, low);
  }
}
