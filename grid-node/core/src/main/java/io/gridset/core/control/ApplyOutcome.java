package io.gridset.core.control;

/// What became of one document of an `apply`.
///
/// @param message why it was skipped, or which fields are kept but not acted on; else empty
public record ApplyOutcome(
    String kind, String namespace, String name, Action action, String message) {
  /// The verb that is printed behind the name, as kubectl does.
  public enum Action {
    CREATED,
    CONFIGURED,
    UNCHANGED,
    SKIPPED
  }
}
