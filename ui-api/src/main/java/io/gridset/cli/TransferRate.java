package io.gridset.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/// Bytes per second over the last seconds, from looks at a growing count. For one thread.
final class TransferRate {
  /// Long enough to be calm, short enough to follow a store that slows down.
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final Deque<Look> looks = new ArrayDeque<>();

  private record Look(Instant time, long bytes) {}

  void add(Instant now, long bytes) {
    looks.addLast(new Look(now, bytes));
    while (looks.size() > 2 && looks.getFirst().time().isBefore(now.minus(WINDOW))) {
      looks.removeFirst();
    }
  }

  /// 0 until there are two looks at different times.
  double bytesPerSecond() {
    if (looks.size() < 2) {
      return 0;
    }
    Look first = looks.getFirst();
    Look last = looks.getLast();
    double seconds = Duration.between(first.time(), last.time()).toMillis() / 1000.0;
    return seconds <= 0 ? 0 : Math.max(0, last.bytes() - first.bytes()) / seconds;
  }
}
