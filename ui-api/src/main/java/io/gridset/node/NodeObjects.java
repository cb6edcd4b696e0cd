package io.gridset.node;

import io.gridset.api.BearerToken;
import io.gridset.api.ServedObjects;
import io.gridset.client.NodeView;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.object.LocalObjectCatalog;
import io.gridset.server.object.LocalObjectStore;
import io.gridset.server.object.ObjectStoreSettings;
import io.gridset.server.object.ObjectStoreUsage;
import io.gridset.server.object.door.DoorSettings;
import io.gridset.server.object.door.LocalObjectClaims;
import io.gridset.server.object.door.ObjectClaims;
import io.gridset.server.object.door.ObjectDoor;
import io.gridset.server.object.grid.GridObjects;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The objects of this node and their socket. The socket listens at once; the store, which takes
/// memory and looks at what an earlier run left, is opened by the first request, or when the node
/// has nothing better to do.
final class NodeObjects implements ServedObjects, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeObjects.class);

  /// The objects' socket in the run directory.
  static final String SOCKET = "objects.sock";

  /// Of free memory, when no quota is given: datasets and programs need the most of it.
  private static final int SHARE_OF_FREE = 4;

  /// Of a disk's free space.
  private static final int SHARE_OF_DISK = 2;

  private static final long QUOTA_BYTES_MIN = 64L << 20;

  private final NodeSettings settings;
  private final NodeCaches caches;
  private final String node;
  private final LateObjectStore store;
  private final CompletableFuture<ObjectDoor> door = new CompletableFuture<>();
  private volatile @Nullable LocalObjectStore local;
  private @Nullable NodeFlight flight;

  private final @Nullable GridParts others;
  private volatile @Nullable GridObjects grid;

  private NodeObjects(
      NodeSettings settings, NodeCaches caches, String node, @Nullable GridParts others) {
    this.settings = settings;
    this.caches = caches;
    this.node = node;
    this.others = others;
    this.store = new LateObjectStore(this::openStore);
  }

  /// Begins to listen, on a thread of its own.
  ///
  /// @param node this node's id
  /// @param others the way to the other members of the grid; null on a node that is alone
  /// @throws IOException when the token for Flight clients cannot be had
  static NodeObjects start(
      NodeSettings settings, NodeCaches caches, String node, @Nullable GridParts others)
      throws IOException {
    NodeObjects objects = new NodeObjects(settings, caches, node, others);
    if (settings.objects().flight().isPresent()) {
      BearerToken token = BearerToken.inFile(settings.tokenFile());
      objects.flight = NodeFlight.start(settings.objects().flight().get(), token, objects.store);
    }
    Thread.ofPlatform().daemon().name("objects-start").start(objects::listen);
    return objects;
  }

  private void listen() {
    try {
      Path socket = settings.runDirectory().resolve(SOCKET);
      door.complete(
          ObjectDoor.open(DoorSettings.of(socket, node, BuildVersion.current()), store, claims()));
    } catch (IOException | RuntimeException | Error e) {
      door.completeExceptionally(e);
    }
  }

  /// In a grid the store is opened at once: others ask for what it holds.
  private ObjectClaims claims() throws StorageException {
    if (others == null) {
      return new LocalObjectClaims(store);
    }
    var _ = store.store();
    return Objects.requireNonNull(grid).claims();
  }

  /// What others may have of this node's objects; empty on a node that is alone. Waits until the
  /// socket listens.
  ///
  /// @throws IOException when it cannot
  Optional<GridObjects> inGrid() throws IOException {
    awaitListening();
    return Optional.ofNullable(grid);
  }

  /// Returns when the socket listens, and the Flight endpoint if there is one.
  ///
  /// @throws IOException when it cannot
  void awaitListening() throws IOException {
    NodeFlight served = flight;
    if (served != null) {
      served.awaitListening();
    }
    try {
      door.join();
    } catch (CompletionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      throw new IOException("objects: " + cause.getMessage(), e);
    }
  }

  /// Looks at what an earlier run left, unless a request has had that done.
  void openIfLeft() {
    if (!caches.hasObjects() && settings.objects().spill().isEmpty()) {
      return;
    }
    try {
      store.store();
    } catch (StorageException e) {
      LOG.warn("the objects of an earlier run cannot be used: {}", e.getMessage());
    }
  }

  private ObjectStore openStore() throws StorageException {
    Optional<DataSize> given = settings.objects().quota();
    long quota = given.isPresent() ? given.get().bytes() : defaultQuota();
    Path memory = caches.openObjects(quota).path();
    ObjectStoreSettings opened = ObjectStoreSettings.inMemory(memory, quota, node);
    Optional<DataSize> reserve = settings.objects().reserve();
    if (reserve.isPresent()) {
      opened = opened.withReserve(Math.min(quota, reserve.get().bytes()));
    }
    Optional<Path> spill = settings.objects().spill();
    if (spill.isPresent()) {
      opened = opened.with(disk(caches.ownIn(spill.get()).resolve("objects")));
    }
    LOG.info("objects may take {} of memory", new DataSize(quota));
    if (others != null) {
      return openInGrid(others, opened);
    }
    LocalObjectStore made = LocalObjectStore.open(opened, new LocalObjectCatalog(node));
    local = made;
    return made;
  }

  private ObjectStore openInGrid(GridParts members, ObjectStoreSettings opened)
      throws StorageException {
    try {
      GridObjects made = members.openObjects(settings.stateDirectory().resolve("objects"), opened);
      grid = made;
      local = made.local();
      return made.store();
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /// What objects hold already counts as free: they may keep it.
  private long defaultQuota() {
    long free = FreeMemory.available();
    try {
      if (caches.hasObjects()) {
        FileStore held = Files.getFileStore(caches.objects());
        free += held.getTotalSpace() - held.getUsableSpace();
      }
    } catch (IOException _) {
      // Without it the quota is smaller than it might be.
    }
    return Math.max(QUOTA_BYTES_MIN, free / SHARE_OF_FREE);
  }

  private static ObjectStoreSettings.Disk disk(Path directory) throws StorageException {
    try {
      Files.createDirectories(directory);
      long free = Files.getFileStore(directory).getUsableSpace();
      return new ObjectStoreSettings.Disk(directory, Math.max(1, free / SHARE_OF_DISK));
    } catch (IOException e) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "objects-spill: cannot use " + directory + ": " + e.getMessage(), e);
    }
  }

  @Override
  public ObjectStore store() {
    return store;
  }

  @Override
  public String node() {
    return node;
  }

  @Override
  public NodeView.Objects figures() {
    LocalObjectStore open = local;
    return open == null ? NodeView.Objects.none() : figures(open.usage());
  }

  private static NodeView.Objects figures(ObjectStoreUsage usage) {
    return new NodeView.Objects(usage.objects(), usage.memoryBytes(), usage.quotaBytes());
  }

  /// Gives what only this node holds to others, before it leaves them.
  void handOver(Duration time) {
    GridObjects members = grid;
    if (members != null && !time.isZero()) {
      members.handOver(time);
    }
  }

  @Override
  public List<String> listening() {
    NodeFlight served = flight;
    return served == null ? List.of() : List.of(served.location());
  }

  @Override
  public void close() {
    try (var _ = grid;
        store;
        var _ = flight) {
      // The door first: what its clients hold goes back to the store.
      var _ = door.thenAccept(ObjectDoor::close);
    }
  }
}
