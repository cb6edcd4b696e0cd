package io.gridset.server.peer;

import io.gridset.server.read.ReadSettings;
import java.time.Duration;
import java.util.function.Predicate;

/// How a node gets blocks in a grid.
///
/// @param origin whether it may ask the stores itself
/// @param mayBeElsewhere by a dataset's UID: false only when no other member holds any byte of it
/// @param patience longest time for one block of a node without the origin
/// @param silence longest time without a sign of life, or in mid-body without a byte, of a member
///   that is all right
public record GridReading(
    OriginAccess origin, Predicate<String> mayBeElsewhere, Duration patience, Duration silence) {
  /// Whether a node has the stores' credentials.
  public enum OriginAccess {
    DIRECT,
    /// All bytes come from members.
    NONE
  }

  /// A member's.
  public static GridReading ofMember() {
    return new GridReading(
        OriginAccess.DIRECT, _ -> true, ReadSettings.DEFAULT_PATIENCE, Conversation.SILENCE);
  }

  public GridReading withoutOrigin() {
    return new GridReading(OriginAccess.NONE, mayBeElsewhere, patience, silence);
  }

  public GridReading withHint(Predicate<String> wanted) {
    return new GridReading(origin, wanted, patience, silence);
  }

  public GridReading withSilence(Duration wanted) {
    return new GridReading(origin, mayBeElsewhere, patience, wanted);
  }
}
