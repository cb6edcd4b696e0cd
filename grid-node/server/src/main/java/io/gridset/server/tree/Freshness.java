package io.gridset.server.tree;

import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.unit.Ticker;
import java.util.concurrent.atomic.LongAdder;

/// How long listings of a tree are believed, by which clock, and how often an old one had to do.
record Freshness(MetadataPolicy policy, Ticker ticker, LongAdder staleServed) {
  long timeToLiveNanos() {
    return policy.isImmutable() ? Long.MAX_VALUE : policy.timeToLive().toNanos();
  }
}
