package io.gridset.csi;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.unit.Ticker;
import io.gridset.csi.FusePods.Daemon;
import io.gridset.csi.FusePods.Pod;
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

/// FUSE mounts that pods of DaemonSets make in a directory of the node, as in Fluid: a label of the
/// node starts the pod of a dataset, and its end ends it. A pod that was killed mounts anew by
/// itself, and takes the dead mount away first; here is only waited for it.
public final class FusePodMounts implements FuseMounts {
  private static final Logger LOG = LoggerFactory.getLogger(FusePodMounts.class);

  /// The mount table is read as often as this, which costs nothing.
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  /// The cluster is asked as often as this while a mount is waited for.
  private static final Duration BETWEEN_QUESTIONS = Duration.ofSeconds(1);

  private final Path mountRoot;
  private final FusePods pods;
  private final Ticker ticker;
  private final KeyedLocks locks = new KeyedLocks();

  public FusePodMounts(Path mountRoot, FusePods pods, Ticker ticker) {
    this.mountRoot = mountRoot;
    this.pods = pods;
    this.ticker = ticker;
  }

  private MountPlace place(FuseVolume volume) {
    return new MountPlace(volume, mountRoot);
  }

  @Override
  public void ensure(FuseVolume volume, Deadline deadline) throws IOException {
    if (volume.nodeLabel().isEmpty()) {
      throw RpcException.invalid(
          "volume attribute "
              + VolumeAttributes.NODE_LABEL
              + " is missing: it names the label that starts the dataset's FUSE pod; the operator's"
              + " PersistentVolumes have it. Without FUSE pods, run the plugin with --reader-of");
    }
    try (var _ = locks.take(volume.toString(), deadline)) {
      Wait wait = new Wait(volume);
      do {
        if (wait.isOver()) {
          return;
        }
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      } while (!deadline.passed());
      throw wait.failure();
    }
  }

  /// One wait for a mount: asks for its pod, and remembers why it is not there.
  private final class Wait {
    private final FuseVolume volume;
    private Deadline next = Deadline.in(Duration.ZERO, ticker);
    private boolean wanted;
    private boolean served;
    private String why = "";

    Wait(FuseVolume volume) {
      this.volume = volume;
    }

    boolean isOver() throws IOException {
      if (next.passed()) {
        ask();
        next = Deadline.in(BETWEEN_QUESTIONS, ticker);
      }
      // The mount of a pod that ends goes with it.
      return served && place(volume).answers();
    }

    private void ask() {
      try {
        if (!wanted && pods.daemon(volume).isPresent()) {
          pods.want(volume);
          wanted = true;
        }
        Optional<Pod> pod = wanted ? pods.pod(volume) : Optional.empty();
        served = pod.isPresent() && !pod.get().going();
        why = wanted ? pod.map(this::trouble).orElse(nobody()) : noDaemon();
      } catch (IOException e) {
        why = String.valueOf(e.getMessage());
      }
    }

    private String trouble(Pod pod) {
      String name = "its FUSE pod " + volume.dataset().namespace() + "/" + pod.name();
      if (pod.going()) {
        return name + " is ending, and the next has not begun";
      }
      return pod.trouble().isEmpty()
          ? name
              + " is ready, and its mount does not show here: mount "
              + mountRoot
              + " of the node into the plugin with Bidirectional propagation"
          : name + " is not ready: " + pod.trouble();
    }

    private String nobody() {
      return "no FUSE pod has come to this node for its label " + volume.nodeLabel();
    }

    private String noDaemon() {
      return "no DaemonSet in namespace "
          + volume.dataset().namespace()
          + " starts FUSE pods for the label "
          + volume.nodeLabel()
          + "; is the Dataset bound?";
    }

    RpcException failure() {
      return new RpcException(
          RpcCode.DEADLINE_EXCEEDED,
          "the mount of dataset "
              + volume.dataset()
              + " is not there in time: "
              + why
              + "; see `kubectl describe dataset "
              + volume.dataset().name()
              + " -n "
              + volume.dataset().namespace()
              + "`");
    }
  }

  /// Waits for the pod's end: whoever asks for the mount next must not be given one that goes.
  @Override
  public void release(FuseVolume volume, Deadline deadline) throws IOException {
    try (var _ = locks.take(volume.toString(), deadline)) {
      if (isOurs(volume)) {
        pods.dismiss(volume);
        Optional<Pod> pod = pods.pod(volume);
        while (pod.isPresent()) {
          if (deadline.passed()) {
            throw new RpcException(
                RpcCode.DEADLINE_EXCEEDED,
                volume + " has not ended yet: its FUSE pod " + pod.get().name() + " is there");
          }
          LockSupport.parkNanos(deadline.remaining(BETWEEN_QUESTIONS).toNanos());
          pod = pods.pod(volume);
        }
      }
      place(volume).clear();
      LOG.info("{} has ended", volume);
    }
  }

  /// Attributes are not trusted: no other dataset's pod is ended by one. Where a name is too long
  /// the label tells the Dataset's UID; when its DaemonSet is gone, the operator takes it away.
  private boolean isOurs(FuseVolume volume) throws IOException {
    DatasetName dataset = volume.dataset();
    return volume.nodeLabel().equals("fluid.io/f-" + dataset.namespace() + "-" + dataset.name())
        || (!volume.nodeLabel().isEmpty() && pods.daemon(volume).isPresent());
  }

  @Override
  public boolean changed(FuseVolume volume) throws IOException {
    Optional<Daemon> daemon = pods.daemon(volume);
    Optional<Pod> pod = pods.pod(volume);
    return daemon.isPresent()
        && pod.isPresent()
        && !daemon.get().template().equals(pod.get().template());
  }

  @Override
  public Idle idle(FuseVolume volume) throws IOException {
    return pods.daemon(volume).isEmpty() ? Idle.ORPHANED : Idle.WANTED;
  }

  @Override
  public Optional<CleanPolicy> cleanPolicy(FuseVolume volume) throws IOException {
    return pods.daemon(volume).flatMap(Daemon::cleanPolicy);
  }
}
