package io.gridset.server.host;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.LoadOptions;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.dataset.SharedDirectory;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cluster.ClusterFigures;
import io.gridset.server.cluster.HeldDataset;
import io.gridset.server.load.GridLoads;
import io.gridset.server.load.Loadable;
import io.gridset.server.read.HostedDatasets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs datasets in this process. Mounts are asked side by side; datasets are swapped one at a
/// time, and everything else goes on meanwhile. Starting what runs already changes nothing. A name
/// that another UID has taken meanwhile is taken back: the old dataset stops, its bytes stay.
/// Thread-safe; `close()` is idempotent and keeps the cached bytes.
public final class LocalDatasetHost implements DatasetHost, HostedDatasets {
  private final HostSettings settings;
  private final Map<DatasetName, RunningDataset> running = new ConcurrentHashMap<>();
  private final Map<DatasetName, View> views = new ConcurrentHashMap<>();
  private final Watchers watchers = new Watchers();
  private final ClusterFigures figures;
  private final GridLoads loads;

  /// A name and the dataset behind it: itself, or for `dataset://` another.
  private record View(DatasetDefinition definition, DatasetReference reference) {}

  /// For a node that is alone.
  public LocalDatasetHost(HostSettings settings) {
    this(settings, (_, usage) -> usage);
  }

  /// @param figures what all members make of this node's figures
  public LocalDatasetHost(HostSettings settings, ClusterFigures figures) {
    this.settings = settings;
    this.figures = figures;
    loads =
        new GridLoads(
            settings.sharing().maps(),
            settings.reading().homes(),
            settings.ticker(),
            uid -> Optional.ofNullable(runningByUid(uid)).map(this::loadable));
  }

  /// What this node holds of each dataset that runs, for those who count and hand it over.
  public List<HeldDataset> held() {
    List<HeldDataset> held = new ArrayList<>();
    running.values().forEach(dataset -> held.add(dataset.held(settings.reading().blockBytes())));
    return held;
  }

  /// The UID of the dataset whose bytes `name` shows.
  public Optional<String> uidOf(DatasetName name) {
    View view = views.get(name);
    RunningDataset dataset = running.get(view == null ? name : view.reference.target());
    return Optional.ofNullable(dataset).map(found -> found.definition().uid());
  }

  @Override
  public void start(DatasetDefinition definition) throws StorageException {
    Optional<DatasetReference> reference = DatasetReference.of(definition);
    if (reference.isPresent()) {
      startView(new View(definition, reference.get()));
    } else if (!runs(definition)) {
      // Outside the lock: a mount that does not answer must not hold up other datasets.
      RunningDataset.Opened opened = RunningDataset.open(definition, settings);
      try {
        swap(opened);
      } catch (StorageException | RuntimeException e) {
        opened.close();
        throw e;
      }
    }
  }

  @Override
  public synchronized void stop(String uid, Disposal disposal) {
    views.values().removeIf(view -> view.definition.uid().equals(uid));
    RunningDataset dataset = runningByUid(uid);
    if (dataset != null) {
      running.remove(dataset.definition().name());
      if (disposal == Disposal.DROP_BYTES) {
        dataset.detach();
        var _ = dataset.cache().evictAll(uid);
      }
      dataset.close();
    }
    if (disposal == Disposal.DROP_BYTES) {
      settings.caches().discard(uid);
      settings.sharing().listings().shelf().discard(uid);
    }
  }

  @Override
  public Optional<DatasetFiles> files(DatasetName name) {
    View view = views.get(name);
    RunningDataset dataset = running.get(name);
    if (dataset != null) {
      view = new View(dataset.definition(), new DatasetReference(name, ""));
    }
    return view == null
        ? Optional.empty()
        : Optional.of(new ReferencedFiles(view.reference, new ViewTarget(view)));
  }

  /// What runs here: datasets first, then those that refer to them.
  public List<DatasetDefinition> definitions() {
    List<DatasetDefinition> all = new ArrayList<>();
    running.values().forEach(dataset -> all.add(dataset.definition()));
    views.values().forEach(view -> all.add(view.definition()));
    return all;
  }

  @Override
  public Optional<DatasetUsage> usage(DatasetName name) {
    RunningDataset dataset = running.get(name);
    if (dataset != null) {
      return Optional.of(ofCluster(dataset));
    }
    View view = views.get(name);
    if (view == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ViewTarget(view).usage());
    } catch (StorageException e) {
      return Optional.of(
          new DatasetUsage(
              OptionalLong.empty(),
              OptionalLong.empty(),
              0,
              0,
              0,
              0,
              DatasetUsage.PeerTraffic.none()));
    }
  }

  private DatasetUsage ofCluster(RunningDataset dataset) {
    return figures.of(dataset.definition().uid(), dataset.usage());
  }

  @Override
  public LoadRun load(DatasetName name, LoadRequest request) throws StorageException {
    Located located = locate(name);
    return loads.start(loadable(located.dataset), located.inTarget(request));
  }

  @Override
  public Optional<LoadProgress> observe(DatasetName name, LoadRequest request) {
    try {
      Located located = locate(name);
      return loads.observe(located.dataset.definition().uid(), located.inTarget(request));
    } catch (StorageException e) {
      return Optional.empty();
    }
  }

  private Loadable loadable(RunningDataset dataset) {
    DatasetDefinition definition = dataset.definition();
    return new Loadable(
        definition.uid(),
        definition.name(),
        dataset.files(),
        roomBytes(dataset),
        settings.reading().blockBytes());
  }

  /// What a load may bring before the tiers begin to evict.
  private static long roomBytes(RunningDataset dataset) {
    return dataset.definition().tiers().stream()
        .mapToLong(tier -> (long) (tier.quota().bytes() * tier.highWatermark()))
        .sum();
  }

  @Override
  public void sync(DatasetName name, String path) throws StorageException {
    Located located = locate(name);
    located.dataset.files().tree().sync(located.inTarget(path));
  }

  @Override
  public long evict(DatasetName name, String path) throws StorageException {
    Located located = locate(name);
    return located.dataset.evict(located.inTarget(path));
  }

  @Override
  public List<Hosted> hosted() {
    return running.values().stream()
        .map(
            dataset ->
                new Hosted(
                    dataset.definition().name(), dataset.definition().uid(), dataset.files()))
        .toList();
  }

  @Override
  public List<SharedDirectory> shared(String uid) {
    return running.values().stream()
        .map(RunningDataset::definition)
        .filter(definition -> definition.uid().equals(uid))
        .flatMap(
            definition ->
                views.values().stream()
                    .filter(view -> view.reference.target().equals(definition.name()))
                    .map(
                        view ->
                            new SharedDirectory(view.definition.name(), view.reference.below())))
        .toList();
  }

  @Override
  public CacheUsage cacheUsage() {
    List<CacheUsage.Tier> tiers = new ArrayList<>();
    running.values().stream()
        .map(RunningDataset::cache)
        .distinct()
        .forEach(cache -> tiers.addAll(cache.usage().tiers()));
    return new CacheUsage(tiers);
  }

  @Override
  public void close() {
    loads.close();
    closeDatasets();
  }

  private synchronized void closeDatasets() {
    views.clear();
    List<RunningDataset> all = List.copyOf(running.values());
    running.clear();
    all.forEach(RunningDataset::close);
  }

  private synchronized boolean runs(DatasetDefinition definition) {
    RunningDataset dataset = running.get(definition.name());
    return dataset != null && dataset.definition().equals(definition);
  }

  private synchronized void swap(RunningDataset.Opened opened) throws StorageException {
    DatasetDefinition definition = opened.definition();
    RunningDataset named = running.get(definition.name());
    if (named != null && !named.definition().uid().equals(definition.uid())) {
      stop(named.definition().uid(), Disposal.KEEP_BYTES);
    }
    RunningDataset old = runningByUid(definition.uid());
    BlockCache cache = cacheFor(definition, old);
    retire(old, definition);
    RunningDataset dataset = RunningDataset.attach(opened, cache, settings);
    // Ends with the files that are watched.
    var _ = dataset.files().watch(path -> watchers.tell(definition.name(), path));
    running.put(definition.name(), dataset);
  }

  private synchronized void startView(View view) throws StorageException {
    DatasetName target = view.reference.target();
    RunningDataset dataset = running.get(target);
    if (dataset == null) {
      String why =
          views.containsKey(target)
              ? "is itself a reference; refer to the dataset behind it"
              : "is not running on this node";
      throw StorageException.of(
          views.containsKey(target) ? Kind.INVALID : Kind.NOT_FOUND,
          "mounts[0].mountPoint: dataset " + target + " " + why);
    }
    String below = view.reference.below();
    if (dataset.files().find(below).filter(entry -> entry.isDirectory()).isEmpty()) {
      throw StorageException.of(
          Kind.NOT_FOUND,
          "mounts[0].mountPoint: dataset " + target + " has no directory '" + below + "'");
    }
    views.values().removeIf(old -> old.definition.uid().equals(view.definition.uid()));
    RunningDataset named = running.get(view.definition.name());
    if (named != null && !named.definition().name().equals(target)) {
      stop(named.definition().uid(), Disposal.KEEP_BYTES);
    }
    views.put(view.definition.name(), view);
  }

  /// The cache goes on when the tiers are the same: what is cached and open stays so.
  private BlockCache cacheFor(DatasetDefinition definition, @Nullable RunningDataset old)
      throws StorageException {
    if (old != null && old.definition().tiers().equals(definition.tiers())) {
      return old.cache();
    }
    if (old != null) {
      // Two caches on one directory would fight over its table.
      running.remove(old.definition().name());
      old.close();
    }
    return settings.caches().open(definition);
  }

  private void retire(@Nullable RunningDataset old, DatasetDefinition next) {
    views.remove(next.name());
    views.values().removeIf(view -> view.definition.uid().equals(next.uid()));
    if (old != null) {
      running.remove(old.definition().name());
      if (old.definition().tiers().equals(next.tiers())) {
        old.detach();
      }
    }
  }

  private @Nullable RunningDataset runningByUid(String uid) {
    for (RunningDataset dataset : running.values()) {
      if (dataset.definition().uid().equals(uid)) {
        return dataset;
      }
    }
    return null;
  }

  /// The dataset that really holds what `name` shows, and where.
  private Located locate(DatasetName name) throws StorageException {
    RunningDataset dataset = running.get(name);
    if (dataset != null) {
      return new Located(dataset, new DatasetReference(name, ""));
    }
    View view = views.get(name);
    if (view == null) {
      throw StorageException.of(Kind.NOT_FOUND, "dataset " + name + " is not running");
    }
    return new Located(require(view), view.reference);
  }

  private RunningDataset require(View view) throws StorageException {
    RunningDataset dataset = running.get(view.reference.target());
    if (dataset == null) {
      synchronized (this) { // A swap may be under way: its end tells.
        dataset = running.get(view.reference.target());
      }
    }
    if (dataset == null) {
      throw StorageException.of(
          Kind.UNAVAILABLE,
          view.reference.target().equals(view.definition.name())
              ? "dataset " + view.definition.name() + " is not running"
              : "dataset "
                  + view.reference.target()
                  + ", which "
                  + view.definition.name()
                  + " refers to, is not running");
    }
    return dataset;
  }

  private record Located(RunningDataset dataset, DatasetReference reference) {
    String inTarget(String path) {
      return reference.inTarget(path);
    }

    LoadRequest inTarget(LoadRequest request) {
      List<String> targets = new ArrayList<>();
      for (String target : request.targets().isEmpty() ? List.of("") : request.targets()) {
        targets.add(inTarget(target.startsWith("/") ? target.substring(1) : target));
      }
      LoadOptions options = request.options();
      Map<String, Integer> replicas = new HashMap<>();
      options.targetReplicas().forEach((path, count) -> replicas.put(inTarget(path), count));
      return new LoadRequest(
          targets,
          request.mode(),
          request.refreshMetadata(),
          new LoadOptions(options.replicas(), replicas, options.bytesPerSecond()));
    }
  }

  private final class ViewTarget implements ReferencedFiles.Target {
    private final View view;

    ViewTarget(View view) {
      this.view = view;
    }

    @Override
    public DatasetFiles files() throws StorageException {
      return require(view).files();
    }

    @Override
    public DatasetUsage usage() throws StorageException {
      RunningDataset dataset = require(view);
      String below = view.reference.below();
      return below.isEmpty() ? ofCluster(dataset) : dataset.usageBelow(below);
    }

    @Override
    public AutoCloseable watch(Consumer<String> listener) {
      return watchers.add(view.reference.target(), listener);
    }

    @Override
    public Duration entryTimeToLive() {
      return view.definition.metadata().timeToLive();
    }
  }
}
