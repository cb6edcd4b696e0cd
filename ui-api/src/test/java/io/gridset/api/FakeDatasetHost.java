package io.gridset.api;

import io.gridset.core.cache.CacheUsage;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/// Datasets of given files; loads tell the progress that a test has lined up, step by step.
public final class FakeDatasetHost implements DatasetHost {
  private final ConcurrentHashMap<DatasetName, DatasetFiles> running = new ConcurrentHashMap<>();
  private final Deque<LoadProgress> steps = new ArrayDeque<>();
  public final List<String> calls = java.util.Collections.synchronizedList(new ArrayList<>());

  public void run(DatasetName name, DatasetFiles files) {
    running.put(name, files);
  }

  /// The next load tells these, the last for good.
  public synchronized void nextLoad(LoadProgress... progress) {
    steps.clear();
    steps.addAll(List.of(progress));
  }

  @Override
  public void start(DatasetDefinition definition) {
    throw new AssertionError("the API starts no datasets");
  }

  @Override
  public void stop(String uid, Disposal disposal) {
    throw new AssertionError("the API stops no datasets");
  }

  @Override
  public Optional<DatasetFiles> files(DatasetName name) {
    return Optional.ofNullable(running.get(name));
  }

  @Override
  public Optional<DatasetUsage> usage(DatasetName name) {
    return files(name)
        .map(
            f ->
                new DatasetUsage(
                    OptionalLong.of(f.totals().totalBytes()),
                    OptionalLong.of(f.totals().files()),
                    f.totals().cachedBytes(),
                    5L << 30,
                    1000,
                    2000,
                    new DatasetUsage.PeerTraffic(3000, 3, 4000)));
  }

  @Override
  public LoadRun load(DatasetName name, LoadRequest request) throws StorageException {
    if (!running.containsKey(name)) {
      throw StorageException.of(StorageException.Kind.NOT_FOUND, "no dataset " + name);
    }
    calls.add("load " + name + " " + request);
    return new LoadRun() {
      private boolean cancelled;

      @Override
      public LoadProgress progress() {
        synchronized (FakeDatasetHost.this) {
          LoadProgress now = steps.size() > 1 ? steps.removeFirst() : steps.getFirst();
          return cancelled ? withPhase(now, Phase.CANCELLED) : now;
        }
      }

      @Override
      public void cancel() {
        synchronized (FakeDatasetHost.this) {
          cancelled = true;
          calls.add("cancel " + name);
        }
      }
    };
  }

  private static LoadProgress withPhase(LoadProgress p, Phase phase) {
    return new LoadProgress(
        phase,
        p.totalBytes(),
        p.cachedBytes(),
        p.totalFiles(),
        p.cachedFiles(),
        p.failedFiles(),
        p.failures(),
        p.elapsedMillis());
  }

  @Override
  public void sync(DatasetName name, String path) {
    calls.add("sync " + name + " " + path);
  }

  @Override
  public long evict(DatasetName name, String path) {
    calls.add("evict " + name + " " + path);
    return 3L << 20;
  }

  @Override
  public CacheUsage cacheUsage() {
    return new CacheUsage(
        List.of(new CacheUsage.Tier("MEM", "/dev/shm/\"x\"", 5L << 30, 1L << 30, 7, 2)));
  }

  @Override
  public void close() {}
}
