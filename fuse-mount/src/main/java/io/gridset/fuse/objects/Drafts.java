package io.gridset.fuse.objects;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.file.WritableFile;
import io.gridset.core.file.WritableFiles;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.fuse.objects.ObjectPaths.Meaning;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;

/// New files of a namespace. One whose name ends in `.arrow` is nowhere to be seen until the
/// program that writes it closes it; then it is an object, or that close fails and nothing is left.
/// One under a temporary name is seen, by this mount alone, and becomes an object when it is
/// renamed. Whoever is killed while writing leaves nothing. Thread-safe.
final class Drafts implements WritableFiles {
  /// Files under temporary names; more are a program that never renames or removes any.
  private static final int MOST = 10_000;

  /// How long a temporary file that nobody has open may wait for its rename.
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final ObjectStore store;
  private final ObjectPaths paths;
  private final InstantSource clock;
  private final Ticker ticker;
  private final ConcurrentSkipListMap<String, Named> named = new ConcurrentSkipListMap<>();
  private final Directories directories = new Directories();

  /// A draft under a temporary name, with the entry that it had there first.
  private record Named(Draft draft, FileEntry start) {
    FileEntry entry() {
      return draft.entry(start.path(), start.modified());
    }
  }

  Drafts(ObjectStore store, ObjectPaths paths, InstantSource clock, Ticker ticker) {
    this.store = store;
    this.paths = paths;
    this.clock = clock;
    this.ticker = ticker;
  }

  /// The draft under a temporary name.
  Optional<FileEntry> find(String path) {
    return Optional.ofNullable(named.get(path)).map(Named::entry);
  }

  /// Those directly in `directory`.
  List<FileEntry> filesIn(String directory) {
    List<FileEntry> files = new ArrayList<>();
    String prefix = directory + "/";
    for (Named draft : named.subMap(prefix, directory + "0").values()) {
      if (draft.start.path().indexOf('/', prefix.length()) < 0) {
        files.add(draft.entry());
      }
    }
    return files;
  }

  /// Paths of directories directly in `directory` that no object implies.
  Collection<String> directoriesIn(String directory) {
    Collection<String> found = directories.in(directory);
    for (String path : named.subMap(directory + "/", directory + "0").keySet()) {
      int slash = path.indexOf('/', directory.length() + 1);
      if (slash > 0) {
        found.add(path.substring(0, slash));
      }
    }
    return found;
  }

  boolean isDirectory(String path) {
    if (path.isEmpty() || path.equals(ObjectPaths.TOP)) {
      return true;
    }
    Optional<String> below = paths.below(path);
    return below.isPresent()
        && (directories.contains(path)
            || Directories.holds(named.navigableKeySet(), path)
            || !store.list(paths.namespace(), below.get() + "/").isEmpty());
  }

  /// Opens a draft under a temporary name for reading as much as is written now.
  Optional<OpenFile> read(String path) {
    return Optional.ofNullable(named.get(path))
        .map(draft -> new Reader(draft.entry(), draft.draft));
  }

  @Override
  public boolean isDraft(FileEntry entry) {
    Named draft = named.get(entry.path());
    return draft != null
        && draft.start.version() != null
        && draft.start.version().equals(entry.version());
  }

  @Override
  public WritableFile create(String path) throws StorageException {
    sweep();
    Meaning meaning = paths.meaning(path);
    FileEntry entry =
        new FileEntry(
            path,
            0,
            clock.instant(),
            paths.inode(path),
            paths.version(path, UUID.randomUUID().toString()));
    Draft draft =
        new Draft(store, paths.namespace(), new Draft.Start(entry, meaning), ticker, this::gone);
    switch (meaning) {
      case Meaning.OfObject(ObjectName name) -> refuseIfInUse(name);
      case Meaning.Temporary() -> {
        if (named.size() >= MOST) {
          throw StorageException.of(
              Kind.NO_SPACE, path + ": too many temporary files in the mount");
        }
        if (named.putIfAbsent(path, new Named(draft, entry)) != null) {
          throw StorageException.of(Kind.ALREADY_EXISTS, path + " is there already");
        }
      }
    }
    return draft.open();
  }

  @Override
  public WritableFile open(String path) throws StorageException {
    Named draft = named.get(path);
    if (draft != null) {
      return draft.draft.open();
    }
    Optional<ObjectName> name = paths.object(path);
    if (name.isPresent()) {
      refuseIfInUse(name.get());
    }
    throw StorageException.of(Kind.NOT_FOUND, "no file " + path);
  }

  @Override
  public void delete(String path) throws StorageException {
    Named draft = named.remove(path);
    if (draft != null) {
      draft.draft.discard();
    } else {
      Optional<ObjectName> name = paths.object(path);
      if (name.isEmpty() || !store.delete(name.get())) {
        throw StorageException.of(Kind.NOT_FOUND, "no file " + path);
      }
    }
    keep(ObjectPaths.parent(path));
  }

  @Override
  public void rename(String from, String to, Replacing replacing) throws StorageException {
    if (!named.containsKey(from)) {
      throw StorageException.of(
          Kind.UNSUPPORTED, from + " keeps its name: only files being written are renamed");
    }
    switch (paths.meaning(to)) {
      case Meaning.OfObject(ObjectName name) -> {
        refuseIfInUse(name);
        Named draft = named.get(from);
        if (draft != null) {
          draft.draft.become(name);
          gone(draft.draft);
          keep(ObjectPaths.parent(from));
        }
      }
      case Meaning.Temporary() -> move(from, to, replacing);
    }
  }

  private synchronized void move(String from, String to, Replacing replacing)
      throws StorageException {
    if (replacing == Replacing.REFUSED && named.containsKey(to)) {
      throw StorageException.of(Kind.ALREADY_EXISTS, to + " is there already");
    }
    Named draft = named.remove(from);
    if (draft == null) {
      throw StorageException.of(Kind.NOT_FOUND, "no file " + from);
    }
    FileEntry start = draft.start;
    FileEntry moved = new FileEntry(to, 0, start.modified(), start.inode(), start.version());
    Named replaced = named.put(to, new Named(draft.draft, moved));
    if (replaced != null) {
      replaced.draft.discard();
    }
    keep(ObjectPaths.parent(from));
  }

  @Override
  public FileEntry makeDirectory(String path) throws StorageException {
    Optional<String> below = paths.below(path);
    if (below.isEmpty()) {
      throw StorageException.of(
          Kind.ACCESS_DENIED, path + ": directories are made in " + ObjectPaths.TOP);
    }
    Optional<ObjectName> name = paths.object(path);
    if (name.isPresent()) {
      refuseIfInUse(name.get());
    }
    if (isDirectory(path) || named.containsKey(path)) {
      throw StorageException.of(Kind.ALREADY_EXISTS, path + " is there already");
    }
    directories.keep(path);
    return paths.directory(path);
  }

  @Override
  public void removeDirectory(String path) throws StorageException {
    if (path.isEmpty() || path.equals(ObjectPaths.TOP)) {
      throw StorageException.of(Kind.INVALID, "/" + path + " is always there");
    }
    directories.drop(path);
    keep(ObjectPaths.parent(path));
  }

  @Override
  public void close() {
    for (Named draft : named.values()) {
      draft.draft.end();
    }
    named.clear();
  }

  /// What was a directory to the user stays one until it is removed.
  private void keep(String directory) {
    if (!isDirectory(directory)) {
      directories.keepIfRoom(directory);
    }
  }

  private void refuseIfInUse(ObjectName name) throws StorageException {
    if (store.find(name).isPresent()) {
      throw StorageException.of(
          Kind.ALREADY_EXISTS,
          "object " + name + " is there already and never changes; delete it first");
    }
  }

  private void gone(Draft draft) {
    named.values().removeIf(known -> known.draft == draft);
  }

  /// Gives up temporary files that were forgotten, such as those of programs in other containers
  /// whose end cannot be seen.
  private void sweep() {
    long oldest = ticker.nanos() - PATIENCE.toNanos();
    named.forEach(
        (path, draft) -> {
          if (draft.draft.isIdleSince(oldest) && named.remove(path, draft)) {
            draft.draft.discard();
          }
        });
  }

  /// A draft as it was when it was opened for reading.
  private record Reader(FileEntry entry, Draft draft) implements OpenFile {
    @Override
    public PinnedBytes read(long offset, int length) throws StorageException {
      int wanted = Math.clamp(entry.sizeBytes() - offset, 0, length);
      ByteBuffer bytes = draft.read(offset, wanted);
      if (bytes.remaining() < wanted) {
        throw StorageException.of(Kind.CHANGED, entry.path() + " was cut meanwhile");
      }
      return new Copied(bytes);
    }

    @Override
    public Optional<SealedFile> sealed() {
      return Optional.empty();
    }

    @Override
    public void close() {
      // Nothing is held: the bytes are asked for anew.
    }
  }

  private record Copied(ByteBuffer bytes) implements PinnedBytes {
    @Override
    public List<ByteBuffer> buffers() {
      return List.of(bytes);
    }

    @Override
    public int byteCount() {
      return bytes.remaining();
    }

    @Override
    public void close() {
      // The collector takes it.
    }
  }
}
