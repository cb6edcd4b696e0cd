package io.gridset.server.peer;

import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.server.peer.TestNetwork.State;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerHealthTest {
  private final Semaphore pauses = new Semaphore(0);
  private final CountDownLatch closing = new CountDownLatch(1);

  private boolean pause(Duration wait) throws InterruptedException {
    while (!pauses.tryAcquire(2, TimeUnit.MILLISECONDS)) {
      if (closing.getCount() == 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aSilentMemberIsSuspectForLongerEachTimeAndAtMostForTenSeconds() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      PeerHealth health = new PeerHealth(grid.node("a").links, this::pause, _ -> {});
      long[] seconds = {2, 4, 8, 10, 10};
      for (long length : seconds) {
        health.suspect("b");
        health.suspect("b");
        grid.passTime(Duration.ofSeconds(length).minusMillis(1));
        assertThat(health.isSuspect("b")).as("before %d s", length).isTrue();
        grid.passTime(Duration.ofMillis(1));
        assertThat(health.isSuspect("b")).as("after %d s", length).isFalse();
      }
      assertThat(health.isSuspect("a")).isFalse();
      closing.countDown();
    }
  }

  @Test
  void anAnsweredPingClearsAMemberAndASilentOneDoesNot() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      PeerHealth health = new PeerHealth(grid.node("a").links, this::pause, _ -> {});
      grid.network.set("b", State.FROZEN);
      health.suspect("b");
      pauses.release(3);
      until("pinged in vain", () -> pauses.availablePermits() == 0);
      assertThat(health.isSuspect("b")).isTrue();
      grid.network.set("b", State.WELL);
      pauses.release(1);
      until("found well", () -> !health.isSuspect("b"));
      closing.countDown();
    }
  }

  @Test
  void anAnswerToARequestClearsAMemberAtOnce() throws Exception {
    try (TestGrid grid = TestGrid.of("a", "b")) {
      PeerHealth health = new PeerHealth(grid.node("a").links, this::pause, _ -> {});
      health.suspect("b");
      health.alive("b");
      assertThat(health.isSuspect("b")).isFalse();
      closing.countDown();
    }
  }
}
