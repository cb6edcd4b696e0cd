package io.gridset.server.host;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.function.Consumer;

/// The files of a running dataset, found by name at every call, so that a mount survives the
/// replacement of its dataset. For `dataset://` a directory of another dataset, shown as a dataset
/// of its own: the same versions, the same cached bytes, nothing loaded twice. Thread-safe.
///
/// @param reference which dataset, and which of its directories
/// @param target asked at every call, since the dataset may be replaced or stopped
record ReferencedFiles(DatasetReference reference, Target target) implements DatasetFiles {
  private static final long ROOT_INODE = 1;

  /// The dataset that is referred to.
  interface Target {
    /// @throws StorageException UNAVAILABLE when it does not run
    DatasetFiles files() throws StorageException;

    /// Its figures, for what is referred to.
    DatasetUsage usage() throws StorageException;

    /// How long its entries may be believed, also while it does not run.
    Duration entryTimeToLive();

    /// Hears of changed paths of the dataset, whatever becomes of it.
    AutoCloseable watch(Consumer<String> listener);
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    return target.files().find(reference.inTarget(path)).map(this::shown);
  }

  @Override
  public KnownEntry findPresent(String path) {
    try {
      KnownEntry known = target.files().findPresent(reference.inTarget(path));
      return switch (known) {
        case KnownEntry.Present(var entry) -> new KnownEntry.Present(shown(entry));
        case KnownEntry.Absent _, KnownEntry.Unknown _ -> known;
      };
    } catch (StorageException e) {
      return new KnownEntry.Unknown(); // Whoever asks in full meets the cause.
    }
  }

  @Override
  public List<FileEntry> list(String directory) throws StorageException {
    List<FileEntry> entries = target.files().list(reference.inTarget(directory));
    return reference.below().isEmpty() ? entries : new Shown(entries);
  }

  @Override
  public OpenFile open(String path) throws StorageException {
    return shown(target.files().open(reference.inTarget(path)));
  }

  @Override
  public Optional<OpenFile> openPresent(String path) {
    try {
      return target.files().openPresent(reference.inTarget(path)).map(this::shown);
    } catch (StorageException e) {
      return Optional.empty();
    }
  }

  private OpenFile shown(OpenFile file) {
    if (reference.below().isEmpty()) {
      return file;
    }
    return new ReferencedFile(file, shown(file.entry()));
  }

  @Override
  public long cachedBytes(String path) throws StorageException {
    return target.files().cachedBytes(reference.inTarget(path));
  }

  @Override
  public Totals totals() {
    try {
      if (reference.below().isEmpty()) {
        return target.files().totals();
      }
      DatasetUsage usage = target.usage();
      return new Totals(usage.totalBytes().orElse(0), usage.files().orElse(0), usage.cachedBytes());
    } catch (StorageException e) {
      return new Totals(0, 0, 0); // Unknown figures are 0, says the port.
    }
  }

  @Override
  public Duration entryTimeToLive() {
    return target.entryTimeToLive();
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    return target.watch(path -> reference.inReference(path).ifPresent(listener));
  }

  private FileEntry shown(FileEntry entry) {
    if (reference.below().isEmpty()) {
      return entry;
    }
    String path = reference.inReference(entry.path()).orElse(entry.path());
    return new FileEntry(
        path,
        entry.sizeBytes(),
        entry.modified(),
        path.isEmpty() ? ROOT_INODE : entry.inode(),
        entry.version());
  }

  private final class Shown extends AbstractList<FileEntry> implements RandomAccess {
    private final List<FileEntry> entries;

    Shown(List<FileEntry> entries) {
      this.entries = entries;
    }

    @Override
    public FileEntry get(int index) {
      return shown(entries.get(index));
    }

    @Override
    public int size() {
      return entries.size();
    }
  }

  private record ReferencedFile(OpenFile file, FileEntry entry) implements OpenFile {
    @Override
    public PinnedBytes read(long offset, int length) throws StorageException {
      return file.read(offset, length);
    }

    @Override
    public Optional<PinnedBytes> readPresent(long offset, int length) {
      return file.readPresent(offset, length);
    }

    @Override
    public Optional<SealedFile> sealed() {
      return file.sealed();
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
