package io.gridset.server.object;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.object.Staging;
import io.gridset.core.object.UnknownObject;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.DirectoryLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The objects of one node: names from a catalog, bytes in segments of a directory in memory,
/// spilled to and persisted on a disk. Names and bytes outlive the process. Thread-safe.
///
/// What this process opens stays under its path until closed; what others have open or mapped stays
/// whole until they are done, whatever happens to the object: a segment is unlinked, or used again
/// once the kernel says that nobody has it, never changed.
public final class LocalObjectStore implements ObjectStore {
  private static final Logger log = LoggerFactory.getLogger(LocalObjectStore.class);
  private static final Duration HOUSEKEEPING = Duration.ofSeconds(1);

  /// Rounds of housekeeping from one comparison of all that is held with the catalog to the next.
  private static final int SWEEP_ROUNDS = 30;

  private final ObjectStoreSettings settings;
  private final ObjectCatalog catalog;
  private final Holding holding;
  private final Shelf shelf;
  private final DirectoryLock directoryLock;
  private final Set<StagedObject> staged = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ScheduledExecutorService housekeeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("objects-housekeeper").factory());
  private final Publisher publisher;
  private final AutoCloseable watching;
  private int rounds;

  private LocalObjectStore(ObjectStoreSettings settings, ObjectCatalog catalog, Opened opened) {
    this.settings = settings;
    this.catalog = catalog;
    this.holding = opened.holding;
    this.shelf = opened.shelf;
    this.directoryLock = opened.lock;
    this.publisher = new Publisher(settings, catalog, holding, shelf);
    this.watching = catalog.watch(this::changed);
  }

  private record Opened(Holding holding, Shelf shelf, DirectoryLock lock) {}

  /// Opens the objects of a node that is alone.
  public static LocalObjectStore open(ObjectStoreSettings settings) throws StorageException {
    return open(settings, new LocalObjectCatalog(settings.node()));
  }

  /// Opens a directory, finding again what an earlier process left there.
  ///
  /// @param catalog told of what is found; it says no to what was deleted meanwhile
  /// @throws StorageException INVALID when another process has the directory
  public static LocalObjectStore open(ObjectStoreSettings settings, ObjectCatalog catalog)
      throws StorageException {
    LocalObjectStore store = openIdle(settings, catalog);
    long period = HOUSEKEEPING.toMillis();
    var _ =
        store.housekeeper.scheduleWithFixedDelay(
            store::keepHouseOrSay, period, period, TimeUnit.MILLISECONDS);
    return store;
  }

  /// Opens it without a thread that looks after it: see [#keepHouse].
  static LocalObjectStore openIdle(ObjectStoreSettings settings, ObjectCatalog catalog)
      throws StorageException {
    Path records = settings.directory().resolve("records");
    try {
      Files.createDirectories(settings.directory());
      Files.setPosixFilePermissions(
          settings.directory(), PosixFilePermissions.fromString("rwx------"));
      Files.createDirectories(records);
    } catch (IOException e) {
      throw Failures.of("cannot use the objects' directory " + settings.directory(), e);
    }
    DirectoryLock lock = DirectoryLock.acquire(settings.directory());
    @Nullable DiskCopies copies = null;
    try {
      MemoryLedger ledger = new MemoryLedger(settings.directory(), settings.quotaBytes());
      Segments segments = new Segments(settings, ledger);
      List<ObjectRecord> onDisk = new ArrayList<>();
      ObjectStoreSettings.Disk disk = settings.disk();
      copies = disk == null ? null : DiskCopies.open(disk, onDisk);
      Shelf shelf = new Shelf();
      Holding holding =
          new Holding(
              segments,
              new RecordFiles(records, false),
              copies,
              record -> mayLeave(record, catalog),
              record -> catalog.hold(record.name(), record.id()),
              object -> dropped(object, shelf, catalog),
              new AtomicLong(settings.clock().instant().toEpochMilli() << 16));
      new Rescan(holding, shelf, catalog).run(onDisk, settings.node());
      segments.evictBy(() -> shelf.byLeastUse(HeldObject::evict));
      if (copies != null) {
        copies.evictBy(() -> shelf.byLeastUse(HeldObject::leaveDisk));
      }
      return new LocalObjectStore(settings, catalog, new Opened(holding, shelf, lock));
    } catch (StorageException | RuntimeException e) {
      if (copies != null) {
        copies.close();
      }
      lock.close();
      throw e;
    }
  }

  @Override
  public Optional<ObjectInfo> find(ObjectName name) throws StorageException {
    return current(name).map(ObjectRecord::info);
  }

  /// The record of a name whose time is not over.
  private Optional<ObjectRecord> current(ObjectName name) throws StorageException {
    holding.segments().reserve().begin();
    return catalog.find(name).filter(record -> !publisher.isOver(record));
  }

  @Override
  public List<ObjectInfo> list(String namespace, String prefix) {
    return catalog.list(namespace, prefix).stream()
        .filter(record -> !publisher.isOver(record))
        .map(ObjectRecord::info)
        .toList();
  }

  /// {@inheritDoc} This store brings nothing here: FETCH differs from LOCAL in its message only.
  @Override
  public ObjectFile open(ObjectName name, Reach reach) throws StorageException {
    while (true) {
      checkOpen();
      ObjectRecord record = current(name).orElseThrow(() -> UnknownObject.in(this, name));
      HeldObject held = shelf.find(record.id());
      if (held == null && record.payload() != null) {
        held = shelf.guest(record, holding);
      }
      if (held == null) {
        throw notHere(record, reach);
      }
      OpenObject open = held.open();
      if (open != null) {
        return open;
      }
    }
  }

  /// Whether this node has the bytes of an object, in memory or on its disk.
  public boolean holds(String id) {
    return shelf.find(id) != null;
  }

  /// Opens an object that this node holds by its id, whatever its name says.
  ///
  /// @throws StorageException as [#open]
  public Optional<ObjectFile> openHeld(String id) throws StorageException {
    checkOpen();
    HeldObject held = shelf.find(id);
    return held == null ? Optional.empty() : Optional.ofNullable(held.open());
  }

  private static StorageException notHere(ObjectRecord record, Reach reach) {
    List<String> holders = record.info().holders();
    if (holders.isEmpty()) {
      return StorageException.of(
          Kind.UNAVAILABLE,
          "the object " + record.name() + " is lost: no node that held it is left; put it again");
    }
    return StorageException.of(
        Kind.UNAVAILABLE,
        "the object "
            + record.name()
            + " is held by "
            + String.join(", ", holders)
            + (reach == Reach.LOCAL ? ", not by this node: fetch it" : ", which did not give it"));
  }

  @Override
  public Staging stage(String namespace, long bytes) throws StorageException {
    checkOpen();
    holding.segments().reserve().begin();
    if (namespace.isEmpty() || bytes <= 0) {
      throw StorageException.of(
          Kind.INVALID, "to stage an object takes a namespace and at least a byte, not " + bytes);
    }
    String id = UUID.randomUUID().toString().replace("-", "");
    StagedObject object;
    if (bytes <= ObjectRecord.LARGEST_PAYLOAD) {
      int capacity = (int) Segments.roundUp(bytes);
      holding.segments().take(capacity);
      object = StagedObject.small(id, namespace, capacity, this);
    } else {
      object = StagedObject.of(id, segment(id, namespace, bytes), this);
    }
    staged.add(object);
    if (closed.get()) {
      object.close();
      checkOpen();
    }
    return object;
  }

  StagedSegment segment(String id, String namespace, long bytes) throws StorageException {
    return holding.segments().stage(id, namespace, bytes);
  }

  void giveBack(long bytes) {
    holding.segments().ledger().add(-bytes);
  }

  void forget(StagedObject object) {
    staged.remove(object);
  }

  ObjectInfo seal(StagedObject object, Publisher.Wanted wanted, long bytes)
      throws StorageException {
    return publisher.seal(object, wanted, bytes).info();
  }

  /// Takes a copy of an object from another node, staged whole and checked against its source.
  ///
  /// @throws StorageException INVALID when the bytes are not those of the record
  public void adopt(ObjectRecord record, Staging copy) throws StorageException {
    if (!(copy instanceof StagedObject own)) {
      throw new IllegalArgumentException("staged by another store");
    }
    own.become(record);
  }

  void hold(StagedObject object, ObjectRecord record) throws StorageException {
    publisher.hold(object, record);
  }

  /// Lets this node's copy of an object go; the object lives on elsewhere.
  public void release(ObjectName name, String id) {
    HeldObject held = shelf.find(id);
    if (held != null) {
      shelf.remove(held);
      held.end();
      catalog.drop(name, id);
    }
  }

  @Override
  public boolean delete(ObjectName name) throws StorageException {
    checkOpen();
    Optional<ObjectRecord> record = catalog.find(name);
    if (record.isEmpty()) {
      return false;
    }
    boolean there = !publisher.isOver(record.get());
    return publisher.delete(record.get()) && there;
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    return catalog.watch(listener);
  }

  public ObjectStoreUsage usage() {
    DiskCopies disk = holding.disk();
    MemoryLedger ledger = holding.segments().ledger();
    return new ObjectStoreUsage(
        shelf.all().size(),
        ledger.used(),
        ledger.quotaBytes(),
        holding.segments().pool().bytes(),
        disk == null ? 0 : disk.used());
  }

  private void changed(ObjectName name) {
    if (shelf.named(name).stream().anyMatch(publisher::mayBeReplaced) && !closed.get()) {
      try {
        housekeeper.execute(() -> shelf.named(name).forEach(publisher::letGoIfReplaced));
      } catch (RejectedExecutionException e) {
        // closing: the next start asks the catalog
      }
    }
  }

  /// One round of what is done every second: objects whose time is over go, deleted ones that
  /// nobody maps any more give their memory back, and memory above the high watermark goes to the
  /// disk.
  void keepHouse() {
    for (HeldObject held : shelf.all()) {
      if (publisher.isOver(held.record())) {
        try {
          publisher.delete(held.record());
        } catch (StorageException e) {
          log.warn("{} is over and stays: {}", held.record().name(), e.getMessage());
        }
      }
    }
    if (rounds++ % SWEEP_ROUNDS == 0) {
      shelf.all().forEach(publisher::letGoIfReplaced);
    }
    Segments segments = holding.segments();
    segments.pool().settle();
    segments.reserve().refill();
    long high = (long) (settings.quotaBytes() * settings.highWatermark());
    if (segments.ledger().taken() - segments.pool().bytes() > high) {
      segments.evictTo((long) (settings.quotaBytes() * settings.lowWatermark()));
    }
  }

  private void keepHouseOrSay() {
    try {
      keepHouse();
    } catch (RuntimeException e) {
      log.error("The objects' housekeeping failed", e);
    }
  }

  private static boolean mayLeave(ObjectRecord record, ObjectCatalog catalog) {
    try {
      return catalog.leave(record.name(), record.id());
    } catch (StorageException e) {
      log.debug("{} stays: {}", record.name(), e.getMessage());
      return false;
    }
  }

  private static void dropped(HeldObject object, Shelf shelf, ObjectCatalog catalog) {
    shelf.remove(object);
    catalog.drop(object.record().name(), object.record().id());
  }

  private void checkOpen() throws StorageException {
    if (closed.get()) {
      throw StorageException.of(Kind.CANCELLED, "the object store is closed");
    }
  }

  /// Gives back what is staged. Objects stay for the next start; what is open stays readable.
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    housekeeper.close();
    try {
      watching.close();
    } catch (Exception e) {
      log.warn("The catalog does not let go", e);
    }
    List.copyOf(staged).forEach(StagedObject::close);
    holding.segments().reserve().close();
    holding.segments().pool().clear();
    DiskCopies disk = holding.disk();
    if (disk != null) {
      disk.close();
    }
    directoryLock.close();
  }
}
