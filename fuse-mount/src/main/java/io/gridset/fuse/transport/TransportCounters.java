package io.gridset.fuse.transport;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/// What a transport counts while it serves. Thread-safe; reads are approximate while requests run.
public final class TransportCounters {
  /// The things counted.
  public enum Counter {
    REQUESTS,
    READS,
    READ_BYTES,
    OPENS,
    PASSTHROUGH_OPENS,
    RELEASES,
    ERRORS,
    UNEXPECTED_ERRORS
  }

  private final Map<Counter, LongAdder> adders = new EnumMap<>(Counter.class);

  public TransportCounters() {
    for (Counter counter : Counter.values()) {
      adders.put(counter, new LongAdder());
    }
  }

  public void increment(Counter counter) {
    add(counter, 1);
  }

  public void add(Counter counter, long amount) {
    adder(counter).add(amount);
  }

  public long get(Counter counter) {
    return adder(counter).sum();
  }

  private LongAdder adder(Counter counter) {
    return Objects.requireNonNull(adders.get(counter));
  }
}
