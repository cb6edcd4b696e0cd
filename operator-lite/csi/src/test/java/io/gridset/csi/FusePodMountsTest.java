package io.gridset.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.unit.Ticker;
import io.gridset.csi.FusePods.Daemon;
import io.gridset.csi.FusePods.Pod;
import io.gridset.csi.mount.MountTable;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How FUSE pods are asked for, waited for and dismissed. Real pods' mounts are tested by
/// `e2e/test_csi_pods.py`.
class FusePodMountsTest {
  private static final Pod READY = new Pod("models-fuse-x", false, "1", "");
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final RecordedPods pods = new RecordedPods();
  private FusePodMounts mounts;
  private FuseVolume volume;

  /// A cluster that says what the test wrote down for it, the last of it for ever.
  private static final class RecordedPods implements FusePods {
    Optional<Daemon> daemon =
        Optional.of(new Daemon("models-fuse", Optional.of(CleanPolicy.ON_DEMAND), "1"));
    final Deque<Optional<Pod>> pods = new ArrayDeque<>(List.of(Optional.of(READY)));
    final List<String> labels = new ArrayList<>();
    boolean silent;

    private void speak() throws IOException {
      if (silent) {
        throw new IOException("the API server says: down for maintenance");
      }
    }

    @Override
    public Optional<Daemon> daemon(FuseVolume volume) throws IOException {
      speak();
      return daemon;
    }

    @Override
    public Optional<Pod> pod(FuseVolume volume) throws IOException {
      speak();
      return pods.size() > 1 ? pods.remove() : pods.element();
    }

    @Override
    public void want(FuseVolume volume) throws IOException {
      speak();
      labels.add("+" + volume.nodeLabel());
    }

    @Override
    public void dismiss(FuseVolume volume) throws IOException {
      speak();
      labels.add("-" + volume.nodeLabel());
    }
  }

  @BeforeEach
  void place() {
    mounts = new FusePodMounts(directory, pods, Ticker.system());
    volume = volume("fluid.io/f-ml-models");
  }

  private FuseVolume volume(String label) {
    return new FuseVolume(
        new DatasetName("ml", "models"), directory.resolve("ml/models/fuse"), label);
  }

  private static Deadline in(Duration time) {
    return Deadline.in(time, Ticker.system());
  }

  private void assertRefused(RpcCode code, String... words) {
    assertThatThrownBy(() -> mounts.ensure(volume, in(Duration.ofMillis(300))))
        .isInstanceOfSatisfying(RpcException.class, e -> assertThat(e.code()).isEqualTo(code))
        .message()
        .contains(words);
  }

  @Test
  void aVolumeThatNamesNoLabelIsRefusedWithTheRemedy() {
    volume = volume("");
    assertRefused(
        RpcCode.INVALID_ARGUMENT, "mount_pod_node_selector_key is missing", "--reader-of");
    assertThat(pods.labels).isEmpty();
  }

  @Test
  void aNodeIsNotLabelledWhereThatStartsNothing() {
    pods.daemon = Optional.empty();
    assertRefused(
        RpcCode.DEADLINE_EXCEEDED, "no DaemonSet in namespace ml", "fluid.io/f-ml-models");
    assertThat(pods.labels).isEmpty();
  }

  @Test
  void whyTheMountIsNotThereIsTold() {
    pods.pods.clear();
    pods.pods.add(Optional.empty());
    assertRefused(RpcCode.DEADLINE_EXCEEDED, "no FUSE pod has come to this node");
    pods.pods.clear();
    pods.pods.add(Optional.of(new Pod("models-fuse-x", false, "1", "container fuse waits: X")));
    assertRefused(
        RpcCode.DEADLINE_EXCEEDED,
        "FUSE pod ml/models-fuse-x is not ready: container fuse waits: X",
        "kubectl describe dataset models -n ml");
    pods.pods.clear();
    pods.pods.add(Optional.of(READY));
    assertRefused(RpcCode.DEADLINE_EXCEEDED, "does not show here", "Bidirectional");
    pods.silent = true;
    assertRefused(RpcCode.DEADLINE_EXCEEDED, "down for maintenance");
  }

  @Test
  void releaseWaitsForThePodsEnd() throws IOException {
    pods.pods.addFirst(Optional.of(READY));
    pods.pods.add(Optional.empty());
    mounts.release(volume, in(LONG));
    assertThat(pods.labels).containsExactly("-fluid.io/f-ml-models");
    assertThat(pods.pods).containsExactly(Optional.empty());
    pods.pods.clear();
    pods.pods.add(Optional.of(READY));
    assertThatThrownBy(() -> mounts.release(volume, in(Duration.ofMillis(100))))
        .hasMessageContaining("models-fuse-x is there");
  }

  @Test
  void anotherDatasetsPodAndMountAreNotEnded() throws Exception {
    Path stranger = Files.createDirectories(directory.resolve("other"));
    assumeThat(mounted("gridset:ml/other", stranger)).as("mounting needs root").isTrue();
    try {
      pods.daemon = Optional.empty();
      mounts.release(new FuseVolume(volume.dataset(), stranger, "fluid.io/f-ml-other"), in(LONG));
      assertThat(pods.labels).isEmpty();
      assertThat(MountTable.read().at(stranger.toRealPath())).hasSize(1);
    } finally {
      var _ = new ProcessBuilder("umount", "-l", stranger.toString()).start().waitFor();
    }
  }

  @Test
  void whatTheClusterSaysDecidesWhenAnUnusedMountEnds() throws IOException {
    assertThat(mounts.cleanPolicy(volume)).contains(CleanPolicy.ON_DEMAND);
    assertThat(mounts.changed(volume)).isFalse();
    assertThat(mounts.idle(volume)).isEqualTo(FuseMounts.Idle.WANTED);
    pods.daemon = Optional.of(new Daemon("models-fuse", Optional.empty(), "2"));
    assertThat(mounts.cleanPolicy(volume)).isEmpty();
    assertThat(mounts.changed(volume)).as("other pods would be made now").isTrue();
    pods.daemon = Optional.empty();
    assertThat(mounts.idle(volume)).isEqualTo(FuseMounts.Idle.ORPHANED);
    pods.silent = true;
    assertThatThrownBy(() -> mounts.idle(volume))
        .as("not knowing is no reason to end a mount")
        .isInstanceOf(IOException.class);
  }

  @Test
  void aMountOfAPodThatEndsIsNotGivenToAnybody() throws Exception {
    Path place = Files.createDirectories(volume.mountPoint());
    assumeThat(mounted(volume.source(), place)).as("mounting needs root").isTrue();
    try {
      pods.pods.clear();
      pods.pods.add(Optional.of(new Pod("models-fuse-old", true, "1", "")));
      assertRefused(RpcCode.DEADLINE_EXCEEDED, "models-fuse-old is ending");
      pods.pods.add(Optional.of(READY));
      mounts.ensure(volume, in(LONG));
      mounts.ensure(volume, in(LONG));
      pods.pods.clear();
      pods.pods.add(Optional.empty());
      mounts.release(volume, in(LONG));
      mounts.release(volume, in(LONG));
      assertThat(MountTable.read().anyWithin(directory.toRealPath())).isFalse();
      assertThat(directory).isEmptyDirectory();
    } finally {
      var _ = new ProcessBuilder("umount", "-l", volume.mountPoint().toString()).start().waitFor();
    }
  }

  private static boolean mounted(String source, Path place) throws Exception {
    Process mount = new ProcessBuilder("mount", "-t", "tmpfs", source, place.toString()).start();
    return mount.waitFor() == 0;
  }
}
