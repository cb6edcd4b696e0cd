package io.gridset.core.placement;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/// Places the blocks of a large dataset (files of 30 GB) on a grid by the real [Ranking], and says
/// in one line of JSON what joins, leaves, crashes and restarts move: counts of blocks, and of
/// those that were judged. Ranks as many of them as its time allows; ids are hashes, so the first
/// files are as good a sample as any. Which blocks are at home where counts for all that are
/// ranked; what an upheaval does to them is judged for the blocks of one file in four, four
/// rankings each more.
///
/// Arguments: members, blocks, seconds at most, weights (repeated over the members).
final class PlacementSimulation {
  private static final int JUDGED_FILES = 4;
  private static final double NANOS = 1e9;

  private final Upheaval upheaval;
  private final int members;
  private final long blocks;
  private final long deadline;

  private PlacementSimulation(double[] weights, long blocks, double seconds) {
    members = weights.length;
    upheaval = new Upheaval(weights);
    this.blocks = blocks;
    deadline = System.nanoTime() + (long) (seconds * NANOS);
  }

  static void main(String[] arguments) throws Exception {
    int members = Integer.parseInt(arguments[0]);
    double[] cycle =
        Arrays.stream(arguments[3].split(",")).mapToDouble(Double::parseDouble).toArray();
    double[] weights =
        IntStream.range(0, members).mapToDouble(i -> cycle[i % cycle.length]).toArray();
    PlacementSimulation simulation =
        new PlacementSimulation(
            weights, Long.parseLong(arguments[1]), Double.parseDouble(arguments[2]));
    long began = System.nanoTime();
    Tally tally = simulation.run(Runtime.getRuntime().availableProcessors());
    Map<String, Object> report = simulation.report(tally, weights);
    report.put("seconds", (System.nanoTime() - began) / NANOS);
    System.out.println(new ObjectMapper().writeValueAsString(report));
  }

  private Tally run(int threads) throws Exception {
    Tally sum = new Tally(members);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<Tally>> parts =
          IntStream.range(0, threads)
              .mapToObj(i -> executor.submit(() -> part(i, threads)))
              .toList();
      for (Future<Tally> part : parts) {
        sum.add(part.get());
      }
    }
    return sum;
  }

  /// Every `stride`-th file from `first` on. A thread judges whole groups of files, so that a
  /// stride which shares a factor with the groups' size does not leave the judging to some threads.
  private Tally part(int first, int stride) {
    Tally tally = new Tally(members);
    for (long number = first; System.nanoTime() < deadline; number += stride) {
      long begin = number * Grids.BLOCKS_OF_A_FILE;
      int count = (int) Math.min(Grids.BLOCKS_OF_A_FILE, blocks - begin);
      if (count <= 0) {
        break;
      }
      boolean judged = number / stride % JUDGED_FILES == 0;
      FileVersion file = Grids.file(number);
      for (int i = 0; i < count; i++) {
        BlockKey key = new BlockKey(file, i);
        tally.loads[upheaval.number(upheaval.home(key))]++;
        if (judged) {
          upheaval.judge(key, tally);
        }
      }
      tally.ranked += count;
    }
    return tally;
  }

  private Map<String, Object> report(Tally tally, double[] weights) {
    double total = Arrays.stream(weights).sum();
    double largest = 0;
    double chiSquared = 0;
    for (int i = 0; i < members; i++) {
      double ideal = tally.ranked * weights[i] / total;
      largest = Math.max(largest, tally.loads[i] / ideal);
      chiSquared += Math.pow(tally.loads[i] - ideal, 2) / ideal;
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("members", members);
    report.put("blocks", blocks);
    report.put("ranked", tally.ranked);
    report.put("judged", tally.judged);
    report.put("broken", tally.broken);
    report.put("largestLoad", largest);
    report.put("dispersion", chiSquared / (members - 1));
    report.put("joinShare", upheaval.joiner.weight() / (total + upheaval.joiner.weight()));
    report.put("movedByJoin", tally.movedByJoin);
    report.put("leaveShare", upheaval.leaver.weight() / total);
    report.put("movedByLeave", tally.movedByLeave);
    report.put("secondCopies", tally.secondCopies);
    report.put("twoShare", (upheaval.leaver.weight() + upheaval.second.weight()) / total);
    report.put("lostByTwoCrashes", tally.lostByTwoCrashes);
    report.put("lostByTwoCrashesOfTwoCopies", tally.lostByTwoCrashesOfTwoCopies);
    report.put("movedByRestart", tally.movedByRestart);
    report.put("movedByRenaming", tally.movedByRenaming);
    return report;
  }
}
