package io.gridset.fuse.objects;

import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.file.WritableFiles;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// The objects of one namespace as files: `objects/<name>.arrow`, where a `/` in a name makes a
/// directory. All of the grid's objects are listed; opening one that another node holds brings it
/// here. Writing a file there puts an object, see [Drafts]. Thread-safe.
public final class ObjectFiles implements DatasetFiles {
  /// What changes elsewhere is told by the store; a directory that empties is only noticed.
  private static final Duration TIME_TO_LIVE = Duration.ofSeconds(1);

  /// Between a look and an open somebody may put the name anew, hardly ever twice.
  private static final int OPEN_ATTEMPTS = 3;

  private final ObjectStore store;
  private final ObjectPaths paths;
  private final Drafts drafts;

  public ObjectFiles(ObjectStore store, String namespace, InstantSource clock, Ticker ticker) {
    this.store = store;
    paths = new ObjectPaths(namespace, clock.instant());
    drafts = new Drafts(store, paths, clock, ticker);
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    Optional<FileEntry> draft = drafts.find(path);
    if (draft.isPresent()) {
      return draft;
    }
    Optional<ObjectName> name = paths.object(path);
    if (name.isPresent()) {
      Optional<ObjectInfo> info = store.find(name.get());
      if (info.isPresent()) {
        return info.map(paths::entry);
      }
    }
    return drafts.isDirectory(path) ? Optional.of(paths.directory(path)) : Optional.empty();
  }

  @Override
  public List<FileEntry> list(String directory) throws StorageException {
    if (directory.isEmpty()) {
      return List.of(paths.directory(ObjectPaths.TOP));
    }
    if (!drafts.isDirectory(directory)) {
      throw StorageException.of(Kind.NOT_FOUND, "no directory " + directory);
    }
    Map<String, FileEntry> entries = new TreeMap<>();
    for (String path : drafts.directoriesIn(directory)) {
      entries.put(path, paths.directory(path));
    }
    String below = paths.below(directory).orElseThrow();
    String prefix = below.isEmpty() ? "" : below + "/";
    List<FileEntry> files = new ArrayList<>(drafts.filesIn(directory));
    for (ObjectInfo info : store.list(paths.namespace(), prefix)) {
      int slash = info.name().path().indexOf('/', prefix.length());
      if (slash < 0) {
        files.add(paths.entry(info));
      } else {
        String path = directory + "/" + info.name().path().substring(prefix.length(), slash);
        entries.computeIfAbsent(path, paths::directory);
      }
    }
    files.forEach(file -> entries.put(file.path(), file)); // A file hides a directory of its name.
    return List.copyOf(entries.values());
  }

  /// @throws StorageException CHANGED for a name that stands for nothing any more: who opens it has
  ///   seen it a moment ago, and shall look again
  @Override
  public OpenFile open(String path) throws StorageException {
    Optional<OpenFile> draft = drafts.read(path);
    if (draft.isPresent()) {
      return draft.get();
    }
    ObjectName name = paths.object(path).orElseThrow(() -> gone(path));
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
      ObjectInfo before = store.find(name).orElseThrow(() -> gone(path));
      OpenFile file = open(name, path);
      Optional<ObjectInfo> after;
      try {
        after = store.find(name);
      } catch (StorageException | RuntimeException e) {
        file.close();
        throw e;
      }
      if (after.isPresent() && after.get().id().equals(before.id())) {
        return new OpenObject(paths.entry(before), file);
      }
      file.close();
    }
    throw gone(path);
  }

  private OpenFile open(ObjectName name, String path) throws StorageException {
    try {
      return store.open(name, Reach.FETCH);
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        throw gone(path);
      }
      throw e;
    }
  }

  /// All of an object that this node holds, nothing of others.
  @Override
  public long cachedBytes(String path) throws StorageException {
    Optional<ObjectName> name = paths.object(path);
    Optional<ObjectInfo> info = name.isEmpty() ? Optional.empty() : store.find(name.get());
    if (info.isEmpty()) {
      return 0;
    }
    try (OpenFile held = store.open(name.get(), Reach.LOCAL)) {
      return held.entry().sizeBytes();
    } catch (StorageException e) {
      if (e.kind() == Kind.UNAVAILABLE || e.kind() == Kind.NOT_FOUND) {
        return 0;
      }
      throw e;
    }
  }

  @Override
  public Totals totals() {
    List<ObjectInfo> all = store.list(paths.namespace(), "");
    return new Totals(all.stream().mapToLong(ObjectInfo::bytes).sum(), all.size(), 0);
  }

  @Override
  public Duration entryTimeToLive() {
    return TIME_TO_LIVE;
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    return store.watch(
        name -> {
          if (name.namespace().equals(paths.namespace())) {
            listener.accept(paths.path(name));
          }
        });
  }

  @Override
  public Optional<WritableFiles> writable() {
    return Optional.of(drafts);
  }

  private static StorageException gone(String path) {
    return StorageException.of(Kind.CHANGED, path + " is not there any more");
  }
}
