package io.gridset.core.dataset;

import java.util.List;

/// A snapshot of a load.
///
/// @param totalBytes that the load is to have cached; each replica counts
/// @param cachedBytes of `totalBytes`, counted from what the caches hold, not from what was sent
/// @param cachedFiles files that are known to be complete: at least so many are
/// @param failures the first few, one line each: path and reason
/// @param failedFiles how many files failed in all
/// @param members what each member has to do with it; empty when one does it alone
public record LoadProgress(
    Phase phase,
    long totalBytes,
    long cachedBytes,
    long totalFiles,
    long cachedFiles,
    long failedFiles,
    List<String> failures,
    long elapsedMillis,
    List<MemberShare> members) {
  /// Where a load stands.
  public enum Phase {
    LISTING,
    LOADING,
    COMPLETE,
    FAILED,
    CANCELLED;

    public boolean isEnd() {
      return this == COMPLETE || this == FAILED || this == CANCELLED;
    }
  }

  /// A member's part of a load.
  ///
  /// @param state in a word
  /// @param bytes that it is to hold
  /// @param cachedBytes of those, what it holds
  public record MemberShare(String member, String state, long bytes, long cachedBytes) {}

  public LoadProgress {
    // What is read from the wire may lack members.
    failures = List.copyOf(failures);
    members = members == null ? List.of() : List.copyOf(members);
  }

  /// Of a load that one member does alone.
  public LoadProgress(
      Phase phase,
      long totalBytes,
      long cachedBytes,
      long totalFiles,
      long cachedFiles,
      long failedFiles,
      List<String> failures,
      long elapsedMillis) {
    this(
        phase,
        totalBytes,
        cachedBytes,
        totalFiles,
        cachedFiles,
        failedFiles,
        failures,
        elapsedMillis,
        List.of());
  }
}
