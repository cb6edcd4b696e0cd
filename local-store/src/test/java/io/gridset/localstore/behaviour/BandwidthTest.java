package io.gridset.localstore.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BandwidthTest {
  private static final long RATE = 46_000_000;

  private final TestingPacing pacing = new TestingPacing();

  private Behaviour behaviour(Limits limits) {
    return new Behaviour(limits, pacing);
  }

  private static long send(Behaviour.ConnectionPace pace, long bytes) throws Exception {
    long sent = 0;
    while (sent < bytes) {
      sent += pace.grant(bytes - sent);
    }
    return sent;
  }

  @Test
  void theTotalRateIsKeptWithinATenthOfAPercentOverTenSeconds() throws Exception {
    Behaviour behaviour = behaviour(Limits.NONE.withBytesPerSecond(RATE));
    send(behaviour.sending(), 10 * RATE);

    assertThat(pacing.waited()).isBetween(Duration.ofMillis(9_989), Duration.ofMillis(10_000));
  }

  @Test
  void connectionsThatTakeTurnsShareTheRate() throws Exception {
    Behaviour behaviour = behaviour(Limits.NONE.withBytesPerSecond(RATE));
    Behaviour.ConnectionPace one = behaviour.sending();
    Behaviour.ConnectionPace two = behaviour.sending();
    long first = 0;
    long second = 0;
    while (pacing.waited().toSeconds() < 2) {
      first += one.grant(1 << 30);
      second += two.grant(1 << 30);
    }
    assertThat(first).isEqualTo(second);
    assertThat((double) (first + second)).isBetween(2 * RATE * 0.99, 2 * RATE * 1.02);
  }

  @Test
  void eachDirectionHasTheWholeRate() throws Exception {
    Behaviour behaviour = behaviour(Limits.NONE.withBytesPerSecond(RATE));
    Behaviour.ConnectionPace out = behaviour.sending();
    Behaviour.ConnectionPace in = behaviour.receiving();
    long sent = 0;
    long taken = 0;
    while (sent < 4 * RATE) {
      sent += out.grant(1 << 30);
      taken += in.grant(1 << 30);
    }
    assertThat(taken).isEqualTo(sent);
    assertThat(pacing.waited()).isBetween(Duration.ofMillis(3_900), Duration.ofMillis(4_100));
  }

  @Test
  void eachConnectionHasItsOwnCap() throws Exception {
    Behaviour behaviour = behaviour(Limits.NONE.withConnectionBytesPerSecond(1_000_000));
    send(behaviour.sending(), 3_000_000);
    assertThat(pacing.waited()).isBetween(Duration.ofMillis(2_980), Duration.ofMillis(3_000));
  }

  @Test
  void anIdleBucketSavesNoMoreThanItsCredit() throws Exception {
    Behaviour behaviour = behaviour(Limits.NONE.withBytesPerSecond(RATE));
    pacing.sleepUntil(Duration.ofSeconds(100).toNanos());
    send(behaviour.sending(), RATE);
    assertThat(pacing.waited().minusSeconds(100)).isGreaterThanOrEqualTo(Duration.ofMillis(990));
  }

  @Test
  void withoutALimitNobodyWaits() throws Exception {
    send(behaviour(Limits.NONE).sending(), 100 * RATE);
    assertThat(pacing.waited()).isZero();
  }
}
