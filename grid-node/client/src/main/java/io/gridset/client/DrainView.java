package io.gridset.client;

/// How far a node is in handing over what it holds.
///
/// @param totalBytes present there when it began
/// @param handedBytes of them, held by another member that ranks for them, be it that it had them
/// @param noRoomBytes of them, declined by those who were asked
public record DrainView(
    Phase phase, long totalBytes, long handedBytes, long noRoomBytes, long elapsedMillis) {
  /// Where it stands.
  public enum Phase {
    RUNNING,
    /// Everything was placed or declined.
    DONE,
    /// Its time was over before.
    TIMED_OUT,
    /// No other member takes blocks.
    NOBODY_ELSE
  }
}
