package io.gridset.server.host;

import io.gridset.client.peer.ObjectLocator;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import io.gridset.server.cluster.HeldDataset;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.ReadStatistics;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.KnownFiles;
import io.gridset.server.tree.MountedStore;
import io.gridset.server.tree.TreeFile;
import io.gridset.server.tree.TreeWalk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A dataset with its stores open, its tree, and, once it is attached, its cache and readers.
/// Thread-safe; `close()` is idempotent.
final class RunningDataset implements AutoCloseable {
  /// Listings at once when figures of a part of the tree are asked for.
  private static final int PARALLEL_LISTINGS = 4;

  private final DatasetDefinition definition;
  private final List<UnderStore> stores;
  private final DatasetTree tree;
  private final BlockCache cache;
  private final CachedDatasetFiles files;

  private RunningDataset(
      DatasetDefinition definition,
      List<UnderStore> stores,
      DatasetTree tree,
      BlockCache cache,
      CachedDatasetFiles files) {
    this.definition = definition;
    this.stores = stores;
    this.tree = tree;
    this.cache = cache;
    this.files = files;
  }

  /// Stores and tree of a dataset that answered.
  record Opened(DatasetDefinition definition, List<UnderStore> stores, DatasetTree tree)
      implements AutoCloseable {
    @Override
    public void close() {
      tree.close();
      stores.forEach(UnderStore::close);
    }
  }

  /// Opens the stores and waits until each mount has answered a listing, or a kept one stands in
  /// for a silent origin.
  ///
  /// @throws StorageException naming the mount and the field to mend
  static Opened open(DatasetDefinition definition, HostSettings settings) throws StorageException {
    List<UnderStore> stores = new ArrayList<>();
    List<MountedStore> mounted = new ArrayList<>();
    try {
      for (int i = 0; i < definition.mounts().size(); i++) {
        MountDefinition mount = definition.mounts().get(i);
        UnderStore store;
        try {
          store = settings.stores().open(mount);
        } catch (StorageException e) {
          throw naming(i, mount, e);
        }
        stores.add(store);
        mounted.add(MountedStore.of(mount, store));
      }
      DatasetTree tree =
          new DatasetTree(
              definition.uid(),
              mounted,
              definition.metadata(),
              settings.ticker(),
              settings.sharing().listings());
      Opened opened = new Opened(definition, List.copyOf(stores), tree);
      check(opened, mounted, settings.startPatience());
      return opened;
    } catch (StorageException | RuntimeException e) {
      stores.forEach(UnderStore::close);
      throw e;
    }
  }

  /// Puts cache and readers behind an opened dataset.
  static RunningDataset attach(Opened opened, BlockCache cache, HostSettings settings) {
    DatasetDefinition definition = opened.definition();
    CachedDatasetFiles files =
        new CachedDatasetFiles(
            definition.uid(),
            opened.tree(),
            cache,
            settings.reading().withCopies(definition.copies()));
    var _ = opened.tree().totalBytes(); // Starts the count in the background.
    return new RunningDataset(opened.definition(), opened.stores(), opened.tree(), cache, files);
  }

  /// What this node holds of it.
  HeldDataset held(int blockBytes) {
    return new HeldDataset() {
      @Override
      public String uid() {
        return definition.uid();
      }

      @Override
      public BlockCache cache() {
        return cache;
      }

      @Override
      public int blockBytes() {
        return blockBytes;
      }

      @Override
      public DatasetUsage usage() {
        return RunningDataset.this.usage();
      }

      @Override
      public void visitFiles(HeldDataset.FileVisitor visitor) throws StorageException {
        KnownFiles.visit(
            tree,
            file ->
                visitor.visit(
                    new ObjectLocator(
                        definition.uid(), file.mount().name(), file.storePath(), file.identity())));
      }
    };
  }

  DatasetDefinition definition() {
    return definition;
  }

  CachedDatasetFiles files() {
    return files;
  }

  BlockCache cache() {
    return cache;
  }

  DatasetUsage usage() {
    ReadStatistics.Figures figures = files.figures();
    return new DatasetUsage(
        tree.totalBytes(),
        tree.totalFiles(),
        cache.presentBytesOf(definition.uid()),
        cache.usage().quotaBytes(),
        figures.originBytes(),
        figures.servedBytes(),
        new DatasetUsage.PeerTraffic(
            figures.peerBytes(), figures.peerRequests(), figures.servedToPeersBytes()));
  }

  /// The figures of what lies at or below `path`, counted now.
  DatasetUsage usageBelow(String path) throws StorageException {
    AtomicLong bytes = new AtomicLong();
    AtomicLong count = new AtomicLong();
    AtomicLong cached = new AtomicLong();
    visit(
        path,
        file -> {
          bytes.addAndGet(file.entry().sizeBytes());
          count.incrementAndGet();
          cached.addAndGet(cache.presentBytes(file.version()));
        });
    DatasetUsage whole = usage();
    return new DatasetUsage(
        OptionalLong.of(bytes.get()),
        OptionalLong.of(count.get()),
        cached.get(),
        whole.capacityBytes(),
        whole.originBytes(),
        whole.servedBytes(),
        whole.peers());
  }

  /// Drops what is cached at or below `path` and not in use; returns the bytes given back.
  long evict(String path) throws StorageException {
    AtomicLong given = new AtomicLong();
    visit(path, file -> given.addAndGet(cache.evict(file.version())));
    return given.get();
  }

  /// Ends reading, but leaves the cache open.
  void detach() {
    files.close();
    tree.close();
    stores.forEach(UnderStore::close);
  }

  @Override
  public void close() {
    detach();
    cache.close();
  }

  private interface FileVisitor {
    void visit(TreeFile file) throws StorageException;
  }

  private void visit(String path, FileVisitor visitor) throws StorageException {
    Optional<TreeFile> single = tree.file(path);
    if (single.isPresent()) {
      visitor.visit(single.get());
      return;
    }
    TreeWalk.Visitor each =
        view -> {
          view.resolveIdentities();
          for (int i = 0; i < view.count(); i++) {
            Optional<TreeFile> file = view.file(i);
            if (file.isPresent()) {
              visitor.visit(file.get());
            }
          }
        };
    new TreeWalk(tree, each, () -> true).run(path, PARALLEL_LISTINGS);
  }

  private static void check(Opened opened, List<MountedStore> mounted, Duration patience)
      throws StorageException {
    List<CompletableFuture<@Nullable StorageException>> answers = new ArrayList<>();
    for (MountedStore mount : mounted) {
      CompletableFuture<@Nullable StorageException> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread.ofVirtual()
          .name("check-" + mount.name())
          .start(() -> check(opened.tree(), mount, answer));
    }
    for (int i = 0; i < answers.size(); i++) {
      MountDefinition mount = opened.definition().mounts().get(i);
      StorageException failure = await(answers.get(i), patience);
      if (failure != null) {
        throw naming(i, mount, failure);
      }
    }
  }

  private static void check(
      DatasetTree tree, MountedStore mount, CompletableFuture<@Nullable StorageException> answer) {
    try {
      var _ = tree.directory(mount.path());
      answer.complete(null);
    } catch (StorageException e) {
      answer.complete(e);
    } catch (RuntimeException e) {
      answer.complete(StorageException.of(Kind.UNAVAILABLE, "listing failed: " + e, e));
    }
  }

  private static @Nullable StorageException await(
      CompletableFuture<@Nullable StorageException> answer, Duration patience)
      throws StorageException {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return StorageException.retryable(
          Kind.TIMED_OUT, "no answer within " + patience.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      return StorageException.of(Kind.UNAVAILABLE, "listing failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "interrupted while starting a dataset", e);
    }
  }

  /// The failure with the mount and the field in front that most likely needs mending.
  private static StorageException naming(int index, MountDefinition mount, StorageException e) {
    String field =
        switch (e.kind()) {
          case ACCESS_DENIED -> "encryptOptions";
          case NOT_FOUND, UNAVAILABLE, TIMED_OUT, THROTTLED, CORRUPT, CHANGED -> "mountPoint";
          case INVALID, UNSUPPORTED, NO_SPACE, CANCELLED, ALREADY_EXISTS -> "mountPoint";
        };
    String message = String.valueOf(e.getMessage());
    String where = "mounts[" + index + "]";
    return StorageException.of(
        e.kind(),
        message.startsWith(where)
            ? message
            : where + "." + field + " (" + mount.mountPoint() + "): " + message,
        e);
  }
}
