package io.gridset.node;

import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The files of a dataset that may not run yet: a remembered mount comes back before its dataset
/// has started, and calls fail with UNAVAILABLE until it has. Thread-safe.
final class HostedFiles implements DatasetFiles {
  private final DatasetName name;
  private final DatasetHost host;
  private final List<Pending> pending = new ArrayList<>();

  HostedFiles(DatasetName name, DatasetHost host) {
    this.name = name;
    this.host = host;
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    return running().find(path);
  }

  @Override
  public KnownEntry findPresent(String path) {
    return host.files(name)
        .map(files -> watched(files).findPresent(path))
        .orElse(new KnownEntry.Unknown());
  }

  @Override
  public List<FileEntry> list(String directory) throws StorageException {
    return running().list(directory);
  }

  @Override
  public OpenFile open(String path) throws StorageException {
    return running().open(path);
  }

  @Override
  public Optional<OpenFile> openPresent(String path) {
    return host.files(name).flatMap(files -> watched(files).openPresent(path));
  }

  @Override
  public long cachedBytes(String path) throws StorageException {
    return running().cachedBytes(path);
  }

  @Override
  public Totals totals() {
    return host.files(name).map(DatasetFiles::totals).orElse(new Totals(0, 0, 0));
  }

  @Override
  public Duration entryTimeToLive() {
    return host.files(name).map(DatasetFiles::entryTimeToLive).orElse(Duration.ZERO);
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    Pending watch = new Pending(listener);
    synchronized (pending) {
      pending.add(watch);
    }
    host.files(name).ifPresent(this::startWatches);
    return watch::stop;
  }

  /// Nobody can have been told of a name before the dataset ran, so a watch that starts with the
  /// first call that succeeds misses nothing.
  private void startWatches(DatasetFiles files) {
    synchronized (pending) {
      pending.forEach(watch -> watch.start(files));
      pending.clear();
    }
  }

  /// A watch that waits for its dataset.
  private static final class Pending {
    private final Consumer<String> listener;
    private @Nullable AutoCloseable started;
    private boolean closed;

    Pending(Consumer<String> listener) {
      this.listener = listener;
    }

    synchronized void start(DatasetFiles files) {
      if (!closed) {
        started = files.watch(listener);
      }
    }

    synchronized void stop() throws Exception {
      closed = true;
      if (started != null) {
        started.close();
      }
    }
  }

  private DatasetFiles running() throws StorageException {
    return watched(lookUp());
  }

  private DatasetFiles watched(DatasetFiles files) {
    startWatches(files);
    return files;
  }

  private DatasetFiles lookUp() throws StorageException {
    return host.files(name)
        .orElseThrow(
            () ->
                StorageException.retryable(
                    Kind.UNAVAILABLE, "dataset " + name + " does not run on this node now"));
  }
}
