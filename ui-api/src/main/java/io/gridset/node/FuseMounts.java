package io.gridset.node;

import io.gridset.api.Mounts;
import io.gridset.api.ServedObjects;
import io.gridset.client.MountRequest;
import io.gridset.client.MountView;
import io.gridset.core.dataset.DatasetHost;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.fuse.FuseMount;
import io.gridset.fuse.MountException;
import io.gridset.fuse.MountSettings;
import io.gridset.fuse.PassthroughChoice;
import io.gridset.fuse.TransportChoice;
import io.gridset.fuse.objects.ObjectFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The FUSE mounts of this node, remembered over restarts. A mount is made before its dataset runs
/// (reads fail until it does), so that a node is mounted within its first second.
final class FuseMounts implements Mounts {
  private static final Logger LOG = LoggerFactory.getLogger(FuseMounts.class);

  private final MountRecords records;
  private final DatasetHost host;
  private final ServedObjects objects;
  private final Map<String, Slot> slots = new ConcurrentSkipListMap<>();

  /// A remembered mount, and what became of it.
  private record Slot(MountRequest request, @Nullable FuseMount mount, String state) {}

  FuseMounts(MountRecords records, DatasetHost host, ServedObjects objects) {
    this.records = records;
    this.host = host;
    this.objects = objects;
  }

  /// Brings back what was mounted when the node ended. A mount that fails stays remembered, with
  /// the reason.
  synchronized void restore() throws IOException {
    for (MountRequest request : records.read()) {
      try {
        serve(request);
      } catch (StorageException e) {
        LOG.warn("mount {} was not brought back: {}", request.mountPoint(), e.getMessage());
        slots.put(request.mountPoint(), new Slot(request, null, String.valueOf(e.getMessage())));
      }
    }
  }

  @Override
  public List<MountView> list() {
    List<MountView> views = new ArrayList<>();
    slots.values().forEach(slot -> views.add(view(slot)));
    return views;
  }

  @Override
  public synchronized MountView mount(MountRequest request) throws StorageException {
    if (request instanceof MountRequest.OfDataset(DatasetName dataset, _, _, _)) {
      refuseUnlessRunning(dataset);
    }
    Slot slot = serve(request);
    remember();
    return view(slot);
  }

  private void refuseUnlessRunning(DatasetName dataset) throws StorageException {
    if (host.files(dataset).isEmpty()) {
      throw StorageException.of(
          Kind.NOT_FOUND,
          "dataset "
              + dataset
              + " is not Bound on this node; see `gridset describe dataset "
              + dataset.name()
              + " -n "
              + dataset.namespace()
              + "`");
    }
  }

  @Override
  public synchronized void unmount(String mountPoint) throws StorageException {
    String key = Path.of(mountPoint).toAbsolutePath().normalize().toString();
    Slot slot = slots.remove(key);
    if (slot == null) {
      throw StorageException.of(
          Kind.NOT_FOUND, "nothing of this node is mounted at " + key + "; see `gridset mounts`");
    }
    remember();
    if (slot.mount != null) {
      slot.mount.close();
    }
  }

  @Override
  public synchronized void close() {
    for (Slot slot : slots.values()) {
      if (slot.mount != null) {
        slot.mount.close();
      }
    }
    slots.clear();
  }

  private Slot serve(MountRequest request) throws StorageException {
    Path mountPoint = Path.of(request.mountPoint()).toAbsolutePath().normalize();
    Source source = source(request);
    MountSettings settings =
        MountSettings.of(mountPoint, source.name())
            .withTransport(
                switch (request.transport()) {
                  case AUTO -> TransportChoice.AUTO;
                  case KERNEL -> TransportChoice.KERNEL;
                  case LIBFUSE -> TransportChoice.LIBFUSE;
                })
            .withPassthrough(
                switch (request.passthrough()) {
                  case WHERE_POSSIBLE -> PassthroughChoice.AUTO;
                  case OFF -> PassthroughChoice.OFF;
                });
    try {
      FuseMount mount = FuseMount.mount(settings, source.files());
      Slot slot = new Slot(request, mount, "mounted");
      String key = mountPoint.toString();
      slots.put(key, slot);
      var _ = mount.onUnmounted().thenRun(() -> gone(key, mount));
      return slot;
    } catch (MountException e) {
      throw StorageException.of(Kind.INVALID, String.valueOf(e.getMessage()), e);
    } catch (UncheckedIOException e) {
      throw StorageException.of(Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /// A tree, and what the mount table calls it.
  private record Source(String name, DatasetFiles files) {}

  private Source source(MountRequest request) throws StorageException {
    return switch (request) {
      case MountRequest.OfDataset(DatasetName dataset, _, _, _) ->
          new Source("gridset:" + dataset, new HostedFiles(dataset, host));
      case MountRequest.OfObjects(String namespace, _, _, _) ->
          new Source(
              "gridset:objects:" + namespace,
              new ObjectFiles(objects.store(), namespace, InstantSource.system(), Ticker.system()));
    };
  }

  /// Somebody unmounted it from outside: it is not to come back at the next start.
  private void gone(String key, FuseMount mount) {
    Thread.ofVirtual().name("gridset-unmounted").start(() -> forget(key, mount));
  }

  private synchronized void forget(String key, FuseMount mount) {
    Slot slot = slots.get(key);
    if (slot == null || slot.mount != mount) {
      return; // We closed it ourselves.
    }
    slots.remove(key);
    LOG.info("{} was unmounted from outside", key);
    mount.close();
    try {
      remember();
    } catch (StorageException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  private void remember() throws StorageException {
    try {
      records.write(slots.values().stream().map(Slot::request).toList());
    } catch (IOException e) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "cannot remember the mounts in the state directory: " + e, e);
    }
  }

  private static MountView view(Slot slot) {
    FuseMount mount = slot.mount;
    return MountView.of(
        slot.request,
        mount == null ? "" : mount.transport().name().toLowerCase(Locale.ROOT),
        mount == null ? "" : mount.passthrough() ? "active" : "off, reads are copied",
        slot.state);
  }
}
