package io.gridset.core.placement;

/// What one thread has counted of an [Upheaval], in blocks. Not thread-safe; added up at the end.
final class Tally {
  final long[] loads;
  long ranked;
  long judged;
  long movedByJoin;
  long movedByLeave;
  long movedByRestart;
  long movedByRenaming;
  long secondCopies;
  long lostByTwoCrashes;
  long lostByTwoCrashesOfTwoCopies;

  /// Blocks for which a promise did not hold: a join moved them to another than the joiner, or its
  /// next in rank was not the previous holder; a leave moved one that was not the leaver's, or to
  /// another than the next in rank.
  long broken;

  Tally(int members) {
    loads = new long[members];
  }

  void add(Tally other) {
    for (int i = 0; i < loads.length; i++) {
      loads[i] += other.loads[i];
    }
    ranked += other.ranked;
    judged += other.judged;
    movedByJoin += other.movedByJoin;
    movedByLeave += other.movedByLeave;
    movedByRestart += other.movedByRestart;
    movedByRenaming += other.movedByRenaming;
    secondCopies += other.secondCopies;
    lostByTwoCrashes += other.lostByTwoCrashes;
    lostByTwoCrashesOfTwoCopies += other.lostByTwoCrashesOfTwoCopies;
    broken += other.broken;
  }
}
