package io.gridset.server.load;

import java.util.List;

/// What a member tells of its share of a load.
///
/// @param fingerprint of the member view under which the share was counted
/// @param round of the order under which it was counted
/// @param tally figures so far; final and verified once `phase` is an end
/// @param failures the first few, one line each
record ShareReport(
    long fingerprint,
    int round,
    Phase phase,
    Tally tally,
    long failedFiles,
    List<String> failures,
    long elapsedMillis) {
  /// Where a share stands.
  enum Phase {
    /// The dataset does not run on the member.
    WAITING,
    LISTING,
    LOADING,
    /// Counted, and all of it is in the member's cache. A check that has counted.
    COMPLETE,
    FAILED;

    boolean isEnd() {
      return this == COMPLETE || this == FAILED;
    }
  }

  /// What a count over all targets found.
  ///
  /// @param wantedBytes of all members' shares, as this one sees it
  /// @param shareBytes of its own share
  /// @param cachedBytes of `shareBytes`
  /// @param files in the targets
  /// @param missingFiles of which a part of its share is not cached
  /// @param contents the same on two members if they saw the same versions of the same files
  record Tally(
      long wantedBytes,
      long shareBytes,
      long cachedBytes,
      long files,
      long missingFiles,
      long contents) {
    static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0);
  }

  ShareReport {
    failures = List.copyOf(failures);
  }

  /// Whether nothing has changed but what changes all the time.
  boolean sameStage(ShareReport other) {
    return phase == other.phase && fingerprint == other.fingerprint && round == other.round;
  }

  boolean sameFigures(ShareReport other) {
    return sameStage(other)
        && tally.equals(other.tally)
        && failedFiles == other.failedFiles
        && failures.equals(other.failures);
  }
}
