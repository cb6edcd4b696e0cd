package io.gridset.node;

import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The files of a dataset by its name, whichever definition of it runs at the moment: a mount
/// outlives a changed manifest. Names are believed for a short while only, so that a replaced tree
/// is noticed. While the dataset does not run, every call fails with UNAVAILABLE.
final class HostedFiles implements DatasetFiles {
  private final DatasetName name;
  private final DatasetHost host;

  HostedFiles(DatasetName name, DatasetHost host) {
    this.name = name;
    this.host = host;
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    return running().find(path);
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
    return host.watch(name, listener);
  }

  private DatasetFiles running() throws StorageException {
    return host.files(name)
        .orElseThrow(
            () ->
                StorageException.retryable(
                    Kind.UNAVAILABLE, "dataset " + name + " does not run on this node now"));
  }
}
