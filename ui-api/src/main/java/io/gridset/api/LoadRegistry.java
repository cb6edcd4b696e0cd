package io.gridset.api;

import io.gridset.client.LoadView;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// The loads that were asked for through the API, newest last, the oldest ended ones forgotten.
/// Thread-safe.
final class LoadRegistry {
  /// Enough to look up how last night's loads went.
  static final int KEPT_MAX = 200;

  private final InstantSource clock;
  private final Deque<Entry> entries = new ArrayDeque<>();
  private long started;

  LoadRegistry(InstantSource clock) {
    this.clock = clock;
  }

  private record Entry(
      String id, DatasetName dataset, LoadRequest request, Instant time, LoadRun run) {
    LoadView view() {
      return new LoadView(id, dataset, request, time, run.progress());
    }
  }

  /// Refuses when as many loads as are kept are under way.
  synchronized void makeRoom() {
    if (entries.size() >= KEPT_MAX) {
      Entry oldest =
          entries.stream()
              .filter(entry -> entry.run().progress().phase().isEnd())
              .findFirst()
              .orElseThrow(
                  () -> Problems.busy(KEPT_MAX + " loads are under way: wait, or cancel some"));
      entries.remove(oldest);
    }
  }

  synchronized LoadView add(DatasetName dataset, LoadRequest request, LoadRun run) {
    Entry entry = new Entry("load-" + ++started, dataset, request, clock.instant(), run);
    entries.addLast(entry);
    return entry.view();
  }

  synchronized List<LoadView> list() {
    return entries.stream().map(Entry::view).toList();
  }

  synchronized Optional<LoadView> find(String id) {
    return entry(id).map(Entry::view);
  }

  /// False when there is no such load.
  synchronized boolean cancel(String id) {
    Optional<Entry> entry = entry(id);
    entry.ifPresent(e -> e.run().cancel());
    return entry.isPresent();
  }

  private Optional<Entry> entry(String id) {
    return entries.stream().filter(e -> e.id().equals(id)).findFirst();
  }
}
