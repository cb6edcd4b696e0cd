package io.gridset.client.channel;

import java.time.Duration;

/// When a member was last heard, on whichever connection. A link or a machine that is busy with our
/// other requests is no silence: what is asked there waits longer, or each busy moment would send
/// the same request to the next member, and to the origin in the end. Thread-safe.
public final class Hearing {
  /// Longest wait for one answer, or for the next byte, of a member that is heard elsewhere.
  static final Duration LONGEST = Duration.ofSeconds(3);

  private volatile long lastNanos;
  private volatile boolean ever;

  /// It sent something just now.
  public void heard(long nanos) {
    lastNanos = nanos;
    ever = true;
  }

  /// The time until which a wait goes on that began `patienceNanos` before `deadline`.
  public long extended(long deadline, long patienceNanos) {
    if (!ever) {
      return deadline;
    }
    long silent = lastNanos + patienceNanos;
    if (silent - deadline <= 0) {
      return deadline;
    }
    long end = deadline - patienceNanos + Math.max(patienceNanos, LONGEST.toNanos());
    return silent - end < 0 ? silent : end;
  }
}
