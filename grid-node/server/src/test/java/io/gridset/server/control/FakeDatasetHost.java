package io.gridset.server.control;

import io.gridset.core.cache.CacheUsage;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/// A host that keeps no bytes: tests say what it holds, and how its loads end.
final class FakeDatasetHost implements DatasetHost {
  final Map<String, DatasetDefinition> running = new ConcurrentHashMap<>();
  final Map<DatasetName, DatasetUsage> usages = new ConcurrentHashMap<>();
  final Map<DatasetName, StorageException> failures = new ConcurrentHashMap<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  final List<FakeLoad> loads = new CopyOnWriteArrayList<>();

  /// What a start waits for.
  volatile CountDownLatch starting = new CountDownLatch(0);

  static final class FakeLoad implements LoadRun {
    final LoadRequest request;
    volatile boolean cancelled;
    private volatile LoadProgress progress =
        new LoadProgress(LoadProgress.Phase.LOADING, 100, 40, 2, 1, 0, List.of(), 10);

    FakeLoad(LoadRequest request) {
      this.request = request;
    }

    void end(LoadProgress.Phase phase, long elapsedMillis, String... failed) {
      progress =
          new LoadProgress(phase, 100, 100, 2, 2, failed.length, List.of(failed), elapsedMillis);
    }

    @Override
    public LoadProgress progress() {
      return progress;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  void holds(DatasetName name, long total, long cached, long capacity) {
    usages.put(
        name,
        new DatasetUsage(
            OptionalLong.of(total),
            OptionalLong.of(7),
            cached,
            capacity,
            0,
            0,
            DatasetUsage.PeerTraffic.none()));
  }

  @Override
  public void start(DatasetDefinition definition) throws StorageException {
    calls.add("start " + definition.name());
    try {
      starting.await();
    } catch (InterruptedException e) {
      throw StorageException.of(StorageException.Kind.CANCELLED, "interrupted", e);
    }
    StorageException failure = failures.get(definition.name());
    if (failure != null) {
      throw failure.again();
    }
    running.put(definition.uid(), definition);
  }

  @Override
  public void stop(String uid, Disposal disposal) {
    DatasetDefinition stopped = running.get(uid);
    if (stopped != null) {
      calls.add("stop " + stopped.name() + " " + disposal);
      running.remove(uid);
    }
  }

  @Override
  public Optional<DatasetFiles> files(DatasetName name) {
    return Optional.empty();
  }

  @Override
  public Optional<DatasetUsage> usage(DatasetName name) {
    return Optional.ofNullable(usages.get(name));
  }

  @Override
  public LoadRun load(DatasetName name, LoadRequest request) throws StorageException {
    if (request.targets().contains("nowhere")) {
      throw StorageException.of(
          StorageException.Kind.NOT_FOUND,
          "spec.target[0].path: no such file or directory: nowhere");
    }
    FakeLoad load = new FakeLoad(request);
    loads.add(load);
    return load;
  }

  @Override
  public void sync(DatasetName name, String path) {}

  @Override
  public long evict(DatasetName name, String path) {
    return 0;
  }

  @Override
  public CacheUsage cacheUsage() {
    return new CacheUsage(List.of());
  }

  @Override
  public void close() {}
}
