package io.gridset.server.tree;

import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.unit.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/// How long listings of a tree are believed, by which clock, and how often an old one had to do.
record Freshness(MetadataPolicy policy, Ticker ticker, LongAdder staleServed) {
  /// How old a listing may be and still be shown while the origin cannot be asked: the cache may
  /// outlive its origin for a while (reads go on), but not pretend for a day.
  static final long STALE_BOUND_NANOS = TimeUnit.HOURS.toNanos(1);

  /// The bound for this tree: what never changes is never stale.
  long staleBoundNanos() {
    return policy.isImmutable() ? Long.MAX_VALUE : STALE_BOUND_NANOS;
  }

  long timeToLiveNanos() {
    return policy.isImmutable() ? Long.MAX_VALUE : policy.timeToLive().toNanos();
  }
}
