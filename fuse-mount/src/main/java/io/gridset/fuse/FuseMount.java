package io.gridset.fuse;

import io.gridset.core.file.DatasetFiles;
import io.gridset.fuse.kernel.KernelTransport;
import io.gridset.fuse.libfuse.LibFuseTransport;
import io.gridset.fuse.transport.MountRequest;
import io.gridset.fuse.transport.MountRequest.Option;
import io.gridset.fuse.transport.MountTransport;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportCounters.Counter;
import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.transport.TransportException.Reason;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A tree of files mounted as a file system, until closed or unmounted from outside: read-only,
/// unless the tree takes new files and the transport is the kernel's protocol. Thread-safe.
///
/// The process that holds it must not read through the mount from a virtual thread: a page fault or
/// read that waits for the server holds its carrier, and the server needs carriers to answer.
public final class FuseMount implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FuseMount.class);

  private final Path mountPoint;
  private final Transport transport;
  private final MountTransport served;

  private FuseMount(Path mountPoint, Transport transport, MountTransport served) {
    this.mountPoint = mountPoint;
    this.transport = transport;
    this.served = served;
  }

  /// Mounts `files` and serves them. A dead mount that a crashed server left is removed first.
  ///
  /// @throws MountException when the mount point or this machine does not allow it
  public static FuseMount mount(MountSettings settings, DatasetFiles files) throws MountException {
    Path path = MountPoint.prepare(settings.mountPoint());
    MountRequest request =
        new MountRequest(path, settings.source(), options(settings, files), settings.deviceLoops());
    try {
      return switch (settings.transport()) {
        case KERNEL -> kernel(request, files);
        case LIBFUSE -> libfuse(request, files);
        case AUTO -> automatic(request, files);
      };
    } catch (TransportException e) {
      throw new MountException(path + " cannot be mounted: " + e.getMessage(), e);
    }
  }

  /// Where it is mounted, with links resolved.
  public Path mountPoint() {
    return mountPoint;
  }

  public Transport transport() {
    return transport;
  }

  /// Whether the kernel reads complete files by itself.
  public boolean passthrough() {
    return served.passthrough();
  }

  public MountStatistics statistics() {
    TransportCounters counters = served.counters();
    return new MountStatistics(
        counters.get(Counter.REQUESTS),
        counters.get(Counter.READS),
        counters.get(Counter.READ_BYTES),
        counters.get(Counter.OPENS),
        counters.get(Counter.PASSTHROUGH_OPENS),
        counters.get(Counter.OPENS) - counters.get(Counter.RELEASES),
        counters.get(Counter.ERRORS),
        counters.get(Counter.UNEXPECTED_ERRORS));
  }

  /// Completes when the mount is gone, whoever unmounted it. The future is the caller's own.
  public CompletableFuture<Void> onUnmounted() {
    return served.ended();
  }

  /// Unmounts, lazily when the mount is in use: files that the kernel reads by itself stay
  /// readable, others get ENOTCONN.
  @Override
  public void close() {
    served.close();
  }

  private static FuseMount automatic(MountRequest request, DatasetFiles files)
      throws TransportException {
    boolean linux = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");
    if (!linux) {
      return libfuse(request, files);
    }
    try {
      return kernel(request, files);
    } catch (TransportException e) {
      if (e.reason() == Reason.FAILED) {
        throw e;
      }
      try {
        FuseMount mount = libfuse(request, files);
        LOG.info("mounted through libfuse, for {}", e.getMessage());
        return mount;
      } catch (TransportException second) {
        e.addSuppressed(second);
        throw e;
      }
    }
  }

  private static FuseMount kernel(MountRequest request, DatasetFiles files)
      throws TransportException {
    return new FuseMount(
        request.mountPoint(), Transport.KERNEL, KernelTransport.mount(request, files));
  }

  private static FuseMount libfuse(MountRequest request, DatasetFiles files)
      throws TransportException {
    return new FuseMount(
        request.mountPoint(), Transport.LIBFUSE, LibFuseTransport.mount(request, files));
  }

  private static Set<Option> options(MountSettings settings, DatasetFiles files) {
    EnumSet<Option> options = EnumSet.noneOf(Option.class);
    if (files.writable().isPresent()) {
      options.add(Option.WRITABLE);
    }
    if (settings.access() == AccessChoice.ALL_USERS) {
      options.add(Option.ALL_USERS);
    }
    switch (settings.passthrough()) {
      case AUTO -> options.add(Option.PASSTHROUGH);
      case AUTO_STACKED -> options.add(Option.STACKED_PASSTHROUGH);
      case OFF -> {}
    }
    return options;
  }
}
