package io.gridset.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.unit.Ticker;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// When a mount ends that nobody uses, and what is refused before anything is touched. Mounts
/// themselves are tested by `e2e/test_csi.py`.
class NodeServiceTest {
  private static final DatasetName MODELS = new DatasetName("ml", "models");
  @TempDir private Path directory;
  private VolumeBook book;
  private KeyedLocks locks;
  private NodeService service;
  private final RecordedMounts mounts = new RecordedMounts();

  /// Remembers what was asked of it.
  private static final class RecordedMounts implements FuseMounts {
    final List<FuseVolume> released = new ArrayList<>();
    boolean changed;
    Optional<CleanPolicy> ofTheManifest = Optional.empty();

    @Override
    public void ensure(FuseVolume volume, Deadline deadline) {
      throw new AssertionError("no mount was asked for");
    }

    @Override
    public void release(FuseVolume volume, Deadline deadline) {
      released.add(volume);
    }

    @Override
    public boolean changed(FuseVolume volume) {
      return changed;
    }

    @Override
    public Optional<CleanPolicy> cleanPolicy(FuseVolume volume) {
      return ofTheManifest;
    }

    @Override
    public Idle idle(FuseVolume volume) {
      return Idle.WANTED;
    }
  }

  @BeforeEach
  void open() throws IOException {
    CsiSettings settings =
        new CsiSettings(
            directory.resolve("csi.sock"),
            CsiSettings.DEFAULT_DRIVER_NAME,
            "1",
            "node-1",
            directory,
            directory.resolve("mounts"),
            CleanPolicy.ON_RUNTIME_DELETED);
    book = new VolumeBook(directory);
    locks = new KeyedLocks();
    service = new NodeService(settings, book, mounts, locks);
  }

  /// Texts as the fields 1, 2 ... of a message.
  private static byte[] message(String... texts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < texts.length; i++) {
      byte[] text = texts[i].getBytes(StandardCharsets.UTF_8);
      out.write((i + 1) << 3 | 2);
      out.write(text.length);
      out.writeBytes(text);
    }
    return out.toByteArray();
  }

  private static Deadline soon() {
    return Deadline.in(Duration.ofSeconds(30), Ticker.system());
  }

  private FuseVolume staged(String volumeId, CleanPolicy policy) throws IOException {
    Path mountPoint = directory.resolve("mounts/models");
    book.put(
        new VolumeRecord(
            volumeId, MODELS, mountPoint.toString(), "", policy, Set.of("/staging"), List.of()));
    return new FuseVolume(MODELS, mountPoint, "");
  }

  @Test
  void onDemandEndsTheMountWithItsLastVolume() throws IOException {
    FuseVolume fuse = staged("a", CleanPolicy.ON_DEMAND);
    staged("b", CleanPolicy.ON_DEMAND);
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).isEmpty();
    service.unstage(message("b", "/staging"), soon());
    assertThat(mounts.released).containsExactly(fuse);
  }

  @Test
  void onFuseChangedEndsOnlyWhatWouldBeServedOtherwiseNow() throws IOException {
    FuseVolume fuse = staged("a", CleanPolicy.ON_FUSE_CHANGED);
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).isEmpty();
    staged("a", CleanPolicy.ON_FUSE_CHANGED);
    mounts.changed = true;
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).containsExactly(fuse);
  }

  @Test
  void onRuntimeDeletedKeepsTheMountForTheNextPod() throws IOException {
    staged("a", CleanPolicy.ON_RUNTIME_DELETED);
    mounts.changed = true;
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).isEmpty();
    assertThat(new VolumeBook(directory).find("a").orElseThrow().unused())
        .as("remembered by the next plugin, which ends the mount with the dataset")
        .isTrue();
  }

  @Test
  void theRuntimesManifestSaysMoreThanTheVolume() throws IOException {
    FuseVolume fuse = staged("a", CleanPolicy.ON_RUNTIME_DELETED);
    mounts.ofTheManifest = Optional.of(CleanPolicy.ON_DEMAND);
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).containsExactly(fuse);
  }

  @Test
  void aLabelThatTwoDatasetsShareIsKeptForTheOther() throws IOException {
    String label = "fluid.io/f-a-b-c"; // of a/b-c and of a-b/c
    for (String namespace : List.of("a", "a-b")) {
      DatasetName dataset = new DatasetName(namespace, namespace.equals("a") ? "b-c" : "c");
      String place = directory.resolve(namespace).toString();
      book.put(
          new VolumeRecord(
              namespace,
              dataset,
              place,
              label,
              CleanPolicy.ON_DEMAND,
              Set.of("/staging"),
              List.of()));
    }
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).isEmpty();
    service.unstage(message("a-b", "/staging"), soon());
    assertThat(mounts.released).hasSize(1);
  }

  @Test
  void volumesOfOneMountShareItWhetherTheyNameALabelOrNot() throws IOException {
    FuseVolume fuse = staged("a", CleanPolicy.ON_DEMAND);
    book.put(
        new VolumeRecord(
            "b",
            MODELS,
            fuse.mountPoint().toString(),
            "fluid.io/f-ml-models",
            CleanPolicy.ON_DEMAND,
            Set.of("/staging"),
            List.of()));
    service.unstage(message("b", "/staging"), soon());
    assertThat(mounts.released).isEmpty();
    service.unstage(message("a", "/staging"), soon());
    assertThat(mounts.released).containsExactly(fuse);
  }

  @Test
  void aVolumeThatNobodyKnowsIsGone() throws IOException {
    service.unstage(message("x", "/staging"), soon());
    service.unpublish(message("x", directory.resolve("no/such/target").toString()), soon());
    assertThat(mounts.released).isEmpty();
  }

  @Test
  void whatIsInATargetDirectoryIsNeverDeleted() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    Files.writeString(target.resolve("precious"), "x");
    assertThatThrownBy(() -> service.unpublish(message("x", target.toString()), soon()))
        .isInstanceOf(IOException.class);
    assertThat(target.resolve("precious")).exists();
  }

  @Test
  void aCallThatWaitsForAnotherOfItsVolumeGivesUpAtItsDeadline() throws IOException {
    try (var _ = locks.take("a", soon())) {
      assertThatThrownBy(
              () ->
                  service.unstage(
                      message("a", "/staging"), Deadline.in(Duration.ZERO, Ticker.system())))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.code()).isEqualTo(RpcCode.ABORTED));
    }
    service.unstage(message("a", "/staging"), soon());
  }

  @Test
  void brokenMessagesAreRefused() {
    List<byte[]> broken =
        List.of(
            new byte[] {(byte) 0xff},
            new byte[] {10, 100, 1},
            new byte[] {10, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0x7f},
            new byte[] {8, 1},
            new byte[] {11},
            message("a"),
            message("", "/staging"),
            message("a", "staging"));
    for (byte[] each : broken) {
      assertThatThrownBy(() -> service.unstage(each, soon()))
          .isInstanceOfSatisfying(
              RpcException.class, e -> assertThat(e.code()).isEqualTo(RpcCode.INVALID_ARGUMENT));
    }
  }

  @Test
  void volumesOfBeforeTheMachinesStartAreForgotten() throws IOException {
    staged("a", CleanPolicy.ON_DEMAND);
    Files.writeString(directory.resolve("boot-id"), "another\n");
    assertThat(new VolumeBook(directory).all()).isEmpty();
    assertThat(directory.resolve("volumes")).isEmptyDirectory();
  }
}
