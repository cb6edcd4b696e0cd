package io.gridset.server.peer;

import io.gridset.core.store.StorageException;

/// What a member's failure means for the one who asked it. Pure.
final class Failures {
  private Failures() {}

  /// What follows from a refusal by a member that acted as home.
  enum Verdict {
    /// The same wherever one asks: the block cannot be had.
    FINAL,
    /// The origin failed as seen from there. One other may try, since a link may be cut on one
    /// side; more would multiply the load on an origin in trouble.
    SECOND_OPINION,
    /// About that member: ask the next.
    NEXT
  }

  /// @param origin whether the asking node could ask the origin itself
  static Verdict of(StorageException refusal, GridReading.OriginAccess origin) {
    return switch (refusal.kind()) {
      // The object's own state; and who throttles must not be asked by everybody in turn.
      case CHANGED, NOT_FOUND, THROTTLED -> Verdict.FINAL;
      // The manifest's credentials, the same on every member. A node that comes with a token of its
      // own may have been refused by a member that does not know the dataset yet.
      case ACCESS_DENIED ->
          origin == GridReading.OriginAccess.DIRECT ? Verdict.FINAL : Verdict.NEXT;
      case UNAVAILABLE, TIMED_OUT, CORRUPT -> Verdict.SECOND_OPINION;
      case NO_SPACE, INVALID, UNSUPPORTED, CANCELLED, ALREADY_EXISTS -> Verdict.NEXT;
    };
  }

  /// Whether a member that failed so is not worth asking for a while.
  static boolean isSilence(StorageException failure) {
    return switch (failure.kind()) {
      case UNAVAILABLE, TIMED_OUT -> true;
      case NOT_FOUND,
          ACCESS_DENIED,
          CHANGED,
          ALREADY_EXISTS,
          THROTTLED,
          CORRUPT,
          NO_SPACE,
          INVALID,
          UNSUPPORTED,
          CANCELLED ->
          false;
    };
  }
}
