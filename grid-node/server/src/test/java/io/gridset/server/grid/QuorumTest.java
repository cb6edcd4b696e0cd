package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class QuorumTest {
  private static final Map<String, String> FIVE =
      Map.of("a", "n1", "b", "n2", "c", "n3", "d", "n4", "e", "n5");

  @Test
  void threeOfFiveMayChangeTwoMayNot() {
    assertThat(new Quorum(FIVE, Set.of("c", "d", "e")).holds()).isTrue();
    Quorum two = new Quorum(FIVE, Set.of("a", "b"));
    assertThat(two.holds()).isFalse();
    assertThat(two.explanation()).contains("2 of 5 members (n3, n4, n5 missing)");
  }

  @Test
  void ofTwoHalvesTheOneWithTheLowestIdMayChange() {
    Map<String, String> two = Map.of("a", "n1", "b", "n2");
    assertThat(new Quorum(two, Set.of("a")).holds()).isTrue();
    assertThat(new Quorum(two, Set.of("b")).holds()).isFalse();
  }

  @Test
  void whoDoesNotBelongYetDoesNotCount() {
    assertThat(new Quorum(FIVE, Set.of("a", "b", "x", "y", "z")).holds()).isFalse();
    assertThat(new Quorum(Map.of(), Set.of("x")).holds()).isTrue();
  }

  @Test
  void ofAnySplitAtMostOnePartMayChange() {
    Random random = new Random(20_261_122);
    for (int round = 0; round < 2_000; round++) {
      Map<String, String> known = new TreeMap<>();
      List<Set<String>> parts = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());
      int members = 1 + random.nextInt(12);
      for (int i = 0; i < members; i++) {
        known.put("m" + random.nextInt(1_000), "n" + i);
      }
      known.keySet().forEach(id -> parts.get(random.nextInt(3)).add(id));
      long holding = parts.stream().filter(part -> new Quorum(known, part).holds()).count();
      assertThat(holding).as("%s split into %s", known, parts).isLessThanOrEqualTo(1);
      assertThat(new Quorum(known, known.keySet()).holds()).isTrue();
    }
  }
}
