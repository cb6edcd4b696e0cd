package io.gridset.localstore.behaviour;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What the store counted since its start or the last [#reset]; thread-safe. Body bytes are those
/// of objects, without error documents, lists and headers, handed to the kernel for sending.
public final class Statistics {
  /// Objects counted by name; above that only the total grows (a benchmark has 100,000).
  private static final int OBJECT_LIMIT = 1_000_000;

  private final Map<String, LongAdder> bytesByObject = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
  private final LongAdder bytes = new LongAdder();
  private final AtomicInteger concurrent = new AtomicInteger();
  private final AtomicInteger concurrentPeak = new AtomicInteger();

  /// One moment's counts.
  ///
  /// @param bodyBytes of all objects
  /// @param bodyBytesByObject by `bucket/key`
  /// @param requests by verb and status, such as `GET 206`
  /// @param concurrentPeak the most requests in work at once
  public record Snapshot(
      long bodyBytes,
      Map<String, Long> bodyBytesByObject,
      Map<String, Long> requests,
      int concurrentPeak) {}

  public void sent(String object, long count) {
    bytes.add(count);
    LongAdder adder = bytesByObject.get(object);
    if (adder == null) {
      if (bytesByObject.size() >= OBJECT_LIMIT) {
        return;
      }
      adder = bytesByObject.computeIfAbsent(object, _ -> new LongAdder());
    }
    adder.add(count);
  }

  public void begun() {
    int now = concurrent.incrementAndGet();
    concurrentPeak.accumulateAndGet(now, Math::max);
  }

  public void ended() {
    concurrent.decrementAndGet();
  }

  public void answered(String method, int status) {
    requests.computeIfAbsent(method + " " + status, _ -> new LongAdder()).increment();
  }

  public long bodyBytes() {
    return bytes.sum();
  }

  public Snapshot snapshot() {
    return new Snapshot(bytes.sum(), sums(bytesByObject), sums(requests), concurrentPeak.get());
  }

  /// Back to zero. Requests under way are counted from here on.
  public void reset() {
    bytes.reset();
    bytesByObject.clear();
    requests.clear();
    concurrentPeak.set(concurrent.get());
  }

  private static Map<String, Long> sums(Map<String, LongAdder> adders) {
    Map<String, Long> sums = new TreeMap<>();
    adders.forEach((name, adder) -> sums.put(name, adder.sum()));
    return sums;
  }
}
