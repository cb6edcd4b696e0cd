package io.gridset.localstore.signature;

/// What checking a signature found.
public sealed interface Verdict {
  /// The signature is right.
  record Valid(String accessKeyId) implements Verdict {}

  /// The request bears no signature.
  record Unsigned() implements Verdict {}

  /// The request is refused.
  record Refused(Reason reason, String message) implements Verdict {}

  /// Why a request is refused.
  enum Reason {
    UNKNOWN_KEY,
    WRONG_SIGNATURE,
    EXPIRED,
    CLOCK_SKEW,
    WRONG_TOKEN,
    MALFORMED
  }
}
