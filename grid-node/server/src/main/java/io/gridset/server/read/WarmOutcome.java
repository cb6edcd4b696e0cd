package io.gridset.server.read;

/// How warming a file ended.
public sealed interface WarmOutcome {
  /// All its blocks were brought or found.
  record Warmed() implements WarmOutcome {}

  /// The cache declined a block.
  record Declined(String reason) implements WarmOutcome {}

  /// It was no longer wanted.
  record Stopped() implements WarmOutcome {}
}
