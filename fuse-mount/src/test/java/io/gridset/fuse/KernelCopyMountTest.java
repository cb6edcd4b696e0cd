package io.gridset.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.fuse.TestingDatasetFiles.Behaviour;
import java.nio.file.Path;
import java.time.Duration;
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
  void aChangeThatNobodyAnnouncedIsSeenAtOpen() throws Exception {
    byte[] after = random(200_000);
    files().put("file", random(100_000));
    assertThat(Child.shell("wc -c < " + mountPoint() + "/file")).isEqualTo("100000");
    files().putSilently("file", after);
    assertThat(Child.shell("sha256sum < " + mountPoint() + "/file")).startsWith(sha256(after));
  }

  @Test
  void whatIsKnownIsAnsweredWhileTheOriginIsSlow() throws Exception {
    byte[] bytes = random(10_000);
    files().put("known!", bytes);
    files().put("other", bytes);
    files().timeToLive(Duration.ZERO);
    CountDownLatch latch = new CountDownLatch(1);
    files().holdOrigin(latch);
    try (Child waiting = Child.start("sha256sum", mountPoint().resolve("other").toString())) {
      String m = mountPoint().toString();
      assertThat(Child.shell("stat -c %s " + m + "/known!")).isEqualTo("10000");
      assertThat(Child.shell("sha256sum < " + m + "/known!")).startsWith(sha256(bytes));
      assertThat(Child.shell("test -e " + m + "/none || echo absent")).isEqualTo("absent");
      latch.countDown();
      assertThat(waiting.finish()).startsWith(sha256(bytes));
    }
  }

  @Test
  void nothingIsBelievedWithoutATimeToLive() throws Exception {
    files().timeToLive(Duration.ZERO);
    files().put("file", random(10));
    assertThat(Child.shell("stat -c %s " + mountPoint() + "/file")).isEqualTo("10");
    files().putSilently("file", random(20));
    assertThat(Child.shell("stat -c %s " + mountPoint() + "/file")).isEqualTo("20");
    assertThat(Child.shell("test -e " + mountPoint() + "/late || echo no")).isEqualTo("no");
    files().putSilently("late", random(1));
    assertThat(Child.shell("test -e " + mountPoint() + "/late && echo yes")).isEqualTo("yes");
  }

  @Test
  void closingLetsReadersGoThatStillWait() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    files().put("slow", random(4096));
    files().behave("slow", new Behaviour.Held(latch));
    try (Child reader = Child.start("cat", mountPoint().resolve("slow").toString())) {
      eventually(() -> mounted().statistics().readRequests() >= 1);
      mounted().close();
      assertThat(reader.line()).contains("slow: ");
      assertThat(reader.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      latch.countDown();
    }
  }

  @Test
  void aMountThatSomebodyDetachedInUseStillCloses() throws Exception {
    files().put("file", random(100));
    try (Child holder =
        Child.python(
            "import sys; f = open(sys.argv[1], 'rb'); print('open'); sys.stdin.readline()",
            mountPoint().resolve("file"))) {
      assertThat(holder.line()).isEqualTo("open");
      Child.shell("umount -l " + mountPoint());
      mounted().close();
      assertThat(files().openFiles()).isZero();
      holder.proceed();
      holder.finish();
    }
    mounted().onUnmounted().get(10, TimeUnit.SECONDS);
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
