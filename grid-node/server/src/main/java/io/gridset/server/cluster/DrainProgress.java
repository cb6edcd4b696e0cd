package io.gridset.server.cluster;

/// How far a drain is.
///
/// @param totalBytes present here when it began, without those of files that are gone
/// @param handedBytes of them, held by another member that ranks for them, be it that it had them
/// @param noRoomBytes declined by those asked
public record DrainProgress(
    Phase phase, long totalBytes, long handedBytes, long noRoomBytes, long elapsedMillis) {
  /// Where it stands.
  public enum Phase {
    RUNNING,
    /// Everything was placed or declined.
    DONE,
    /// Its time was over before.
    TIMED_OUT,
    /// No other member has room for blocks.
    NOBODY_ELSE
  }
}
