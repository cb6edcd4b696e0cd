package io.gridset.csi;

import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.client.MountRequest;
import io.gridset.client.MountRequest.Passthrough;
import io.gridset.client.MountRequest.Transport;
import io.gridset.client.MountView;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.csi.mount.Mounts;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// FUSE mounts that are served by reader nodes (`gridset up --reader-of`), one for a dataset, each
/// a process in a session of its own: the plugin's end does not touch it.
public final class ReaderMounts implements FuseMounts {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderMounts.class);
  private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(10);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
  private static final int NOT_FOUND = 404;
  private static final String MOUNTED = "mounted";

  private final Path directory;
  private final Path mountRoot;
  private final ReaderLauncher launcher;
  private final KeyedLocks locks = new KeyedLocks();

  /// @param stateDirectory of the plugin
  public ReaderMounts(Path stateDirectory, Path mountRoot, ReaderLauncher launcher) {
    this.directory = stateDirectory.resolve("fuse");
    this.mountRoot = mountRoot;
    this.launcher = launcher;
  }

  @Override
  public void ensure(FuseVolume volume, Deadline deadline) throws IOException {
    try (var _ = locks.take(volume.toString(), deadline)) {
      if (place(volume).answers()) {
        return;
      }
      ReaderProcess process = process(volume);
      String last = "it does not answer yet";
      while (!deadline.passed()) {
        if (!process.runs()) {
          place(volume).prepare();
          process.start(volume.dataset());
        }
        try (GridsetClient client = process.client(deadline.remaining(ANSWER_PATIENCE))) {
          mount(client, volume);
          if (place(volume).answers()) {
            return;
          }
        } catch (IOException e) {
          last = String.valueOf(e.getMessage());
        }
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      }
      throw new RpcException(
          RpcCode.DEADLINE_EXCEEDED,
          "the mount of dataset "
              + volume.dataset()
              + " is not there in time: "
              + last
              + "; see `kubectl describe dataset "
              + volume.dataset().name()
              + " -n "
              + volume.dataset().namespace()
              + "` and "
              + process.log()
              + " on this node");
    }
  }

  private MountPlace place(FuseVolume volume) {
    return new MountPlace(volume, mountRoot);
  }

  /// A node that started again brings its mount back by itself.
  private static void mount(GridsetClient client, FuseVolume volume) throws IOException {
    String path = Mounts.tablePath(volume.mountPoint()).toString();
    for (MountView view : client.mounts()) {
      if (view.mountPoint().equals(path)) {
        if (view.state().equals(MOUNTED)) {
          return;
        }
        client.unmount(path); // Remembered, and failed: to be tried again.
      }
    }
    client.mount(
        new MountRequest.OfDataset(
            volume.dataset(), path, Transport.AUTO, Passthrough.WHERE_POSSIBLE));
  }

  @Override
  public void release(FuseVolume volume, Deadline deadline) throws IOException {
    try (var _ = locks.take(volume.toString(), deadline)) {
      ReaderProcess process = process(volume);
      if (process.known()) {
        process.end(volume.dataset(), deadline);
      }
      place(volume).clear();
      process.forget();
      LOG.info("{} has ended", volume);
    }
  }

  @Override
  public boolean changed(FuseVolume volume) throws IOException {
    return process(volume).changed(volume.dataset());
  }

  @Override
  public Idle idle(FuseVolume volume) throws IOException {
    ReaderProcess process = process(volume);
    if (!process.known()) {
      return Idle.ORPHANED;
    }
    if (!process.runs()) {
      return Idle.WANTED; // What it cached is there for the next pod.
    }
    try (GridsetClient client = process.client(ANSWER_PATIENCE)) {
      client.resource(ResourceKind.DATASET, volume.dataset());
      return Idle.WANTED;
    } catch (GridsetApiException e) {
      return e.status() == NOT_FOUND ? Idle.ORPHANED : Idle.WANTED;
    } catch (IOException _) {
      return Idle.WANTED; // It does not say.
    }
  }

  /// A grid is not asked for its runtime's manifest: readers may not see it.
  @Override
  public Optional<CleanPolicy> cleanPolicy(FuseVolume volume) {
    return Optional.empty();
  }

  private ReaderProcess process(FuseVolume volume) {
    return new ReaderProcess(directory.resolve(VolumeBook.shortName(volume.toString())), launcher);
  }
}
