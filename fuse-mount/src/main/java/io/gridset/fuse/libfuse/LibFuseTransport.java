package io.gridset.fuse.libfuse;

import io.gridset.core.file.DatasetFiles;
import io.gridset.fuse.transport.MountRequest;
import io.gridset.fuse.transport.MountRequest.Option;
import io.gridset.fuse.transport.MountTransport;
import io.gridset.fuse.transport.TransportCounters;
import io.gridset.fuse.transport.TransportException;
import io.gridset.fuse.transport.TransportException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A mount served through libfuse 2. Thread-safe.
public final class LibFuseTransport implements MountTransport {
  private static final Logger LOG = LoggerFactory.getLogger(LibFuseTransport.class);
  private static final Duration MOUNT_LIMIT = Duration.ofSeconds(20);
  private static final Duration UNMOUNT_LIMIT = Duration.ofSeconds(2);

  /// libfuse 2 cannot tell the kernel of changes in time, so nothing is believed for longer.
  private static final Duration VALIDITY_LIMIT = Duration.ofSeconds(1);

  private static final List<List<String>> UNMOUNT_COMMANDS =
      List.of(
          List.of("fusermount3", "-u", "-z"), List.of("fusermount", "-u", "-z"), List.of("umount"));

  private final Path mountPoint;
  private final DatasetFileSystem fileSystem;
  private final TransportCounters counters;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private LibFuseTransport(
      Path mountPoint, DatasetFileSystem fileSystem, TransportCounters counters) {
    this.mountPoint = mountPoint;
    this.fileSystem = fileSystem;
    this.counters = counters;
  }

  /// Mounts and starts to serve.
  public static LibFuseTransport mount(MountRequest request, DatasetFiles files)
      throws TransportException {
    TransportCounters counters = new TransportCounters();
    DatasetFileSystem fileSystem;
    try {
      fileSystem = new DatasetFileSystem(files, counters);
    } catch (LinkageError | RuntimeException e) {
      throw new TransportException(
          Reason.NOT_AVAILABLE, "libfuse is not installed (Debian: apt install libfuse2)", e);
    }
    LibFuseTransport transport = new LibFuseTransport(request.mountPoint(), fileSystem, counters);
    transport.start(options(request, files.entryTimeToLive()));
    return transport;
  }

  @Override
  public boolean passthrough() {
    return false;
  }

  @Override
  public TransportCounters counters() {
    return counters;
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  @Override
  public void close() {
    if (!ended.isDone() && closing.compareAndSet(false, true)) {
      unmount();
    }
    try {
      ended.get(UNMOUNT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.info("{} is in use; it goes away with its last user", mountPoint);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      LOG.warn("unmounting {}", mountPoint, e);
    }
    fileSystem.close();
  }

  /// fuse_main runs on a thread of its own until unmounted; `init` tells that it is mounted.
  private void start(String[] options) throws TransportException {
    CompletableFuture<Void> mounted = fileSystem.ready();
    Thread.ofPlatform()
        .daemon()
        .name("fuse-libfuse")
        .start(
            () -> {
              try {
                fileSystem.mount(mountPoint, true, false, options);
                mounted.completeExceptionally(new IllegalStateException("unmounted at once"));
              } catch (RuntimeException | Error e) {
                mounted.completeExceptionally(e);
              } finally {
                fileSystem.close();
                ended.complete(null);
              }
            });
    try {
      mounted.get(MOUNT_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new TransportException(
          Reason.FAILED,
          "libfuse could not mount; see its message above (is /dev/fuse there, and may this user"
              + " mount? allow_other needs user_allow_other in /etc/fuse.conf)",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(Reason.FAILED, "interrupted", e);
    }
  }

  private void unmount() {
    for (List<String> command : UNMOUNT_COMMANDS) {
      try {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
        builder.command().add(mountPoint.toString());
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        if (builder.start().waitFor() == 0) {
          return;
        }
      } catch (IOException e) {
        LOG.debug("{} is not installed", command.getFirst(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    LOG.error("{} could not be unmounted; run `umount -l {}`", mountPoint, mountPoint);
  }

  private static String[] options(MountRequest request, Duration timeToLive) {
    Duration validity = timeToLive.compareTo(VALIDITY_LIMIT) < 0 ? timeToLive : VALIDITY_LIMIT;
    String seconds = Double.toString(validity.toMillis() / 1000.0);
    String source = request.source().replace("\\", "\\\\").replace(",", "\\,");
    return new String[] {
      "-o",
      "ro,use_ino,readdir_ino,default_permissions,subtype=gridset,fsname=" + source,
      "-o",
      "attr_timeout=%s,entry_timeout=%s,negative_timeout=%s".formatted(seconds, seconds, seconds),
      "-o",
      request.has(Option.ALL_USERS) ? "allow_other" : "noatime"
    };
  }
}
