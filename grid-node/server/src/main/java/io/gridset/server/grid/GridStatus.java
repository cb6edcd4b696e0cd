package io.gridset.server.grid;

/// Where this member stands.
///
/// @param address what it listens on, or empty
/// @param message why it failed, or empty
public record GridStatus(Phase phase, int members, String address, String message) {
  /// The stages of a membership. Reads depend on none of them.
  public enum Phase {
    STARTING,
    JOINED,
    FAILED,
    CLOSED
  }
}
