package io.gridset.core.placement;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.gridset.core.block.BlockKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// What a ranking costs at a number of members: nanoseconds a question, of ours and of the plain
/// formula in turns, and bytes of heap for the view and the ranking. One line of JSON. To be run
/// with the flags of a node, since it is a node that asks.
///
/// Arguments: members, rounds.
final class RankingClock {
  private static final int BLOCKS = 4_096;
  private static final long ROUND_NANOS = 50_000_000;
  private static final int COPIES = 64;

  private final List<BlockKey> blocks = Grids.blocks(BLOCKS);
  private int kept;

  private RankingClock() {}

  static void main(String[] arguments) throws Exception {
    int members = Integer.parseInt(arguments[0]);
    System.out.println(
        new ObjectMapper()
            .writeValueAsString(
                new RankingClock().measure(members, Integer.parseInt(arguments[1]))));
  }

  private Map<String, Object> measure(int members, int rounds) {
    MemberView view = Grids.equal(members);
    Ranking ranking = Ranking.of(view);
    PlainRanking plain = new PlainRanking(view);
    List<Double> home = new ArrayList<>();
    List<Double> first = new ArrayList<>();
    List<Double> formula = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      double[] nanos = {
        time(key -> ranking.home(key).orElseThrow().hashCode()),
        time(key -> ranking.first(key, 3).size()),
        time(key -> plain.home(key).hashCode())
      };
      if (round > 0) { // the first one warms up
        home.add(nanos[0]);
        first.add(nanos[1]);
        formula.add(nanos[2]);
      }
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("members", members);
    report.put("homeNanos", home);
    report.put("firstNanos", first);
    report.put("formulaNanos", formula);
    report.put("heapBytes", heapBytes(members));
    report.put("kept", kept);
    return report;
  }

  private double time(ToIntFunction<BlockKey> question) {
    long asked = 0;
    long began = System.nanoTime();
    long spent;
    do {
      for (int i = 0; i < 256; i++, asked++) {
        kept += question.applyAsInt(blocks.get((int) (asked % BLOCKS)));
      }
      spent = System.nanoTime() - began;
    } while (spent < ROUND_NANOS);
    return (double) spent / asked;
  }

  /// One view with its ranking, ids included.
  private static long heapBytes(int members) {
    long before = used();
    List<Ranking> copies = new ArrayList<>();
    for (int i = 0; i < COPIES; i++) {
      copies.add(Ranking.of(Grids.equal(members)));
    }
    long bytes = used() - before;
    return bytes / copies.size();
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
