package io.gridset.server.control;

/// What the reconciler found of a resource, for its status.
///
/// @param phase in Fluid's words
/// @param reason in CamelCase
/// @param message for people; holds no secret
record Verdict(Phase phase, String reason, String message) {
  /// The phases of a Dataset that this program uses.
  enum Phase {
    NOT_BOUND("NotBound"),
    UPDATING("Updating"),
    BOUND("Bound"),
    FAILED("Failed");

    private final String word;

    Phase(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  static final Verdict UNKNOWN = new Verdict(Phase.NOT_BOUND, "Reconciling", "not looked at yet");

  /// Whether somebody has to do something about it.
  boolean needsAttention() {
    return phase == Phase.FAILED
        || (phase == Phase.NOT_BOUND && !reason.equals("Starting") && !equals(UNKNOWN));
  }
}
