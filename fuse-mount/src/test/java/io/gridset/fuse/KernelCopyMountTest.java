package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.fuse.TestingDatasetFiles.Behaviour;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The kernel's protocol, every byte copied.
final class KernelCopyMountTest extends MountContractTest {
  @Override
  MountSettings settings(Path mountPoint) {
    return MountSettings.of(mountPoint, "gridset:test")
        .withTransport(TransportChoice.KERNEL)
        .withPassthrough(PassthroughChoice.OFF);
  }

  @Test
  void sealedFilesAreCopiedToo() throws Exception {
    byte[] bytes = random(500_000);
    files().put("file", bytes);
    files().seal("file");
    assertThat(Child.shell("sha256sum < " + mountPoint() + "/file")).startsWith(sha256(bytes));
    assertThat(mounted().passthrough()).isFalse();
    assertThat(mounted().statistics().readBytes()).isEqualTo(500_000);
  }

  @Test
  void aKilledReaderIsLetGoWhileItsReadStillWaits() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    files().put("slow", random(4096));
    files().behave("slow", new Behaviour.Held(latch));
    try (Child reader = Child.start("cat", mountPoint().resolve("slow").toString())) {
      eventually(() -> mounted().statistics().readRequests() >= 1);
      reader.process().destroyForcibly();
      assertThat(reader.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      latch.countDown();
    }
  }
}
