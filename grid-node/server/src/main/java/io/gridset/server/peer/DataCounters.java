package io.gridset.server.peer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// The counters behind [DataServerStatistics]. Thread-safe.
final class DataCounters {
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder requests = new LongAdder();
  final LongAdder blocksSent = new LongAdder();
  final LongAdder bytesSent = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder redirected = new LongAdder();
  final AtomicInteger waiting = new AtomicInteger();
  final LongAdder cutOff = new LongAdder();

  DataServerStatistics snapshot() {
    return new DataServerStatistics(
        connections.get(),
        requests.sum(),
        blocksSent.sum(),
        bytesSent.sum(),
        refused.sum(),
        redirected.sum(),
        waiting.get(),
        cutOff.sum());
  }
}
