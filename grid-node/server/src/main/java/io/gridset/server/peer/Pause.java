package io.gridset.server.peer;

import java.time.Duration;

/// How to wait for time to pass; the seam that lets tests drive it.
@FunctionalInterface
interface Pause {
  /// Waits; true when the waiting was cut short because everything ends.
  boolean await(Duration wait) throws InterruptedException;
}
