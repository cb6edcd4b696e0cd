package io.gridset.server.store;

import java.util.concurrent.atomic.LongAdder;

/// What was asked of the origin: bytes that arrived, and calls (attempts counted each; a listing is
/// one call however many pages it has). Thread-safe.
public final class StoreTraffic {
  private final LongAdder bytes = new LongAdder();
  private final LongAdder calls = new LongAdder();

  void addBytes(long count) {
    bytes.add(count);
  }

  void addCall() {
    calls.increment();
  }

  public long bytes() {
    return bytes.sum();
  }

  public long calls() {
    return calls.sum();
  }
}
