package io.gridset.server.peer;

import io.gridset.server.read.Copies;
import io.gridset.server.read.ReadSettings;
import java.time.Duration;
import java.util.function.Predicate;

/// How a node gets blocks in a grid.
///
/// @param origin whether it may ask the stores itself
/// @param copies whether it keeps, and so can be named to others as having, blocks at home
///   elsewhere
/// @param mayBeElsewhere by a dataset's UID: false only when no other member holds any byte of it
/// @param patience longest time for one block of a node without the origin
/// @param silence longest time without a sign of life, or in mid-body without a byte, of a member
///   that is all right
public record GridReading(
    OriginAccess origin,
    Copies copies,
    Predicate<String> mayBeElsewhere,
    Duration patience,
    Duration silence) {
  /// Whether a node has the stores' credentials.
  public enum OriginAccess {
    DIRECT,
    /// All bytes come from members.
    NONE
  }

  /// A member's.
  public static GridReading ofMember() {
    return new GridReading(
        OriginAccess.DIRECT,
        Copies.WHILE_THERE_IS_ROOM,
        _ -> true,
        ReadSettings.DEFAULT_PATIENCE,
        Conversation.SILENCE);
  }

  public GridReading withoutOrigin() {
    return new GridReading(OriginAccess.NONE, copies, mayBeElsewhere, patience, silence);
  }

  public GridReading withCopies(Copies wanted) {
    return new GridReading(origin, wanted, mayBeElsewhere, patience, silence);
  }

  public GridReading withHint(Predicate<String> wanted) {
    return new GridReading(origin, copies, wanted, patience, silence);
  }

  public GridReading withSilence(Duration wanted) {
    return new GridReading(origin, copies, mayBeElsewhere, patience, wanted);
  }
}
