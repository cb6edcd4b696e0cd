package io.gridset.fuse.kernel;

import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.fuse.protocol.ReplyBodies;
import io.gridset.fuse.protocol.ReplyBodies.Modes;
import io.gridset.fuse.transport.MountRequest;
import io.gridset.fuse.transport.MountRequest.Option;
import io.gridset.fuse.transport.MountTransport;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.tree.NodeTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A mount served by this process over /dev/fuse. Ends by `close()` or when the kernel drops the
/// mount; both close all files, descriptors and registrations. Thread-safe.
public final class KernelTransport implements MountTransport {
  private static final Logger LOG = LoggerFactory.getLogger(KernelTransport.class);

  /// How long `close()` waits for loops to end before it wakes the next one.
  private static final long WAKE_MILLIS = 5;

  /// Loops of a mount that somebody else detached cannot be woken; they end with its last user.
  private static final int WAKE_ROUNDS = 200;

  private final Path mountPoint;
  private final List<Device> devices;
  private final TransportCounters counters = new TransportCounters();
  private final InodeModes modes;
  private final Notifier notifier;
  private final RequestHandlers handlers;
  private final FileOperations files;
  private final @Nullable WriteOperations writing;
  private final AutoCloseable watch;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean released = new AtomicBoolean();
  private final AtomicInteger running;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private KernelTransport(
      MountRequest request,
      DatasetFiles datasetFiles,
      List<Device> devices,
      Handshake.Agreed agreed) {
    this.mountPoint = request.mountPoint();
    this.devices = devices;
    this.running = new AtomicInteger(devices.size());
    modes = new InodeModes(devices.getFirst(), agreed.passthrough());
    NodeTable nodes = new NodeTable(new FileEntry("", 0, Instant.EPOCH, NodeTable.ROOT, null));
    Served served = new Served(datasetFiles, nodes, modes, owner(request), counters);
    notifier = new Notifier(devices.getFirst(), nodes, modes);
    handlers = new RequestHandlers(counters);
    files = new FileOperations(served, handlers, notifier, agreed.incomplete());
    writing =
        datasetFiles
            .writable()
            .map(tree -> new WriteOperations(served, handlers, tree))
            .orElse(null);
    watch = datasetFiles.watch(notifier::changed);
    Dispatcher dispatcher = new Dispatcher(handlers, new TreeOperations(served), files, writing);
    for (int i = 0; i < devices.size(); i++) {
      DeviceLoop loop =
          new DeviceLoop(devices.get(i), dispatcher, counters, closing, agreed.maxWrite());
      Thread.ofPlatform().daemon().name("fuse-device-" + i).start(() -> run(loop));
    }
  }

  /// Mounts and starts to serve.
  public static KernelTransport mount(MountRequest request, DatasetFiles files)
      throws TransportException {
    Device device = Device.open();
    List<Device> devices = new ArrayList<>(List.of(device));
    try {
      Mounts.mount(device, request);
    } catch (TransportException e) {
      device.close();
      throw e;
    }
    try {
      Handshake.Agreed agreed = Handshake.negotiate(device, request);
      while (devices.size() < request.deviceLoops()) {
        devices.add(device.cloned());
      }
      return new KernelTransport(request, files, List.copyOf(devices), agreed);
    } catch (TransportException | RuntimeException e) {
      Mounts.detach(request.mountPoint());
      devices.forEach(Device::close);
      throw e;
    }
  }

  @Override
  public boolean passthrough() {
    return modes.passthrough();
  }

  @Override
  public TransportCounters counters() {
    return counters;
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  /// The notifier ends first: it may wait for a lookup that only the loops can answer.
  @Override
  public void close() {
    notifier.close();
    notifier.join();
    if (ended.isDone() || !closing.compareAndSet(false, true)) {
      return;
    }
    if (Mounts.unmount(mountPoint) != Mounts.Unmounted.BUSY) {
      awaitEnd(() -> {});
      return;
    }
    LOG.info("{} is in use; it goes away with its last user", mountPoint);
    try (Mounts.Root root = Mounts.detachKeepingRoot(mountPoint)) {
      awaitEnd(root::ask);
    }
  }

  /// Loops of a mount that is gone end by themselves; those of a detached one sit in a read that
  /// only a request ends, so `wake` makes one.
  private void awaitEnd(Runnable wake) {
    for (int round = 0; round < WAKE_ROUNDS; round++) {
      try {
        ended.get(WAKE_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        wake.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      } catch (ExecutionException e) {
        break;
      }
    }
    releaseFiles();
  }

  private void run(DeviceLoop loop) {
    try {
      loop.run();
    } finally {
      if (running.decrementAndGet() == 0) {
        closing.set(true);
        releaseFiles();
        devices.forEach(Device::close);
        ended.complete(null);
      }
    }
  }

  /// Everything but the devices, in reverse order of construction. Closing those, which is the last
  /// loop's part, ends the connection, and with it whoever still waits on a detached mount.
  private void releaseFiles() {
    if (!released.compareAndSet(false, true)) {
      return;
    }
    try (watch;
        writing) {
      notifier.close();
      handlers.close();
      modes.close();
      files.close();
    } catch (Exception e) {
      LOG.warn("closing {}", mountPoint, e);
    }
  }

  private static ReplyBodies owner(MountRequest request) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = Libc.errnoMemory(arena);
      return new ReplyBodies(
          Libc.userId(errno),
          Libc.groupId(errno),
          request.has(Option.WRITABLE) ? Modes.OWNER_WRITES : Modes.READ_ONLY);
    }
  }
}
