package io.gridset.server.grid;

import io.gridset.core.unit.Ticker;
import java.nio.file.Path;
import java.time.Duration;

/// Whether another live member has this one's id, as a copied state directory makes it. Used by one
/// thread.
final class DoubleId {
  /// How long an older member of the same id may be one that died and was not noticed yet: longer
  /// than Hazelcast's failure detector needs.
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  private final String id;
  private final Path directory;
  private final Ticker ticker;
  private long sinceNanos;
  private boolean seen;

  DoubleId(String id, Path directory, Ticker ticker) {
    this.id = id;
    this.directory = directory;
    this.ticker = ticker;
  }

  /// Looks at the members; true while there is another one of this id.
  boolean observe(Membership members) {
    if (!members.doubled()) {
      seen = false;
    } else if (!seen) {
      seen = true;
      sinceNanos = ticker.nanos();
    }
    return seen;
  }

  /// Whether the other one has been there for too long to be a dead one.
  boolean isForGood() {
    return seen && ticker.nanos() - sinceNanos > PATIENCE.toNanos();
  }

  String message() {
    return "another live member has the id "
        + id
        + " of "
        + directory
        + "; was that directory copied? Remove member-id there, and start this node again";
  }
}
