package io.gridset.localstore.behaviour;

import java.time.Duration;
import java.util.Optional;

/// A way for a response to go wrong. "Body" is the response's body, counted from its first byte,
/// whatever range was asked.
public sealed interface Fault {
  /// An error status instead of the object, as an XML error document.
  record Status(int code, Optional<Duration> retryAfter) implements Fault {}

  /// A TCP reset after that many body bytes.
  record ResetAfter(long bytes) implements Fault {}

  /// An orderly end of the connection after that many body bytes, though the header promised more.
  record TruncateAfter(long bytes) implements Fault {}

  /// `Content-Length` differs from the body by `delta`; the connection ends after the body.
  record LyingContentLength(long delta) implements Fault {}

  /// `Content-Range` names a range shifted by `shift`, though the body is what was asked for.
  record LyingContentRange(long shift) implements Fault {}

  /// The total length in `Content-Range` differs by `delta`.
  record WrongTotalLength(long delta) implements Fault {}

  /// Silence before the response's head.
  record StallBeforeHeaders(Duration time) implements Fault {}

  /// Silence after that many body bytes, then the rest.
  record StallAfter(long bytes, Duration time) implements Fault {}

  /// The object bears another ETag (and `If-Match` is judged by it), as if it had been overwritten.
  record ChangedEtag() implements Fault {}

  /// The whole object with status 200 in answer to a range.
  record IgnoredRange() implements Fault {}

  /// The body byte at that offset has all its bits flipped.
  record CorruptByte(long offset) implements Fault {}
}
