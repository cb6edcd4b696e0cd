package io.gridset.client.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HearingTest {
  private static final long PATIENCE = 500_000_000;
  private static final long BEGUN = Long.MAX_VALUE - 1_000; // Overflows soon.

  private final Hearing hearing = new Hearing();

  @Test
  void aWaitEndsAtItsDeadlineWhenNothingIsHeard() {
    assertThat(hearing.extended(BEGUN + PATIENCE, PATIENCE)).isEqualTo(BEGUN + PATIENCE);
    hearing.heard(BEGUN - 10);
    assertThat(hearing.extended(BEGUN + PATIENCE, PATIENCE)).isEqualTo(BEGUN + PATIENCE);
  }

  @Test
  void aWaitCountsFromTheLastSignOnWhicheverConnectionAndIsBounded() {
    hearing.heard(BEGUN + 300_000_000);
    assertThat(hearing.extended(BEGUN + PATIENCE, PATIENCE))
        .isEqualTo(BEGUN + 300_000_000 + PATIENCE);
    hearing.heard(BEGUN + Duration.ofSeconds(20).toNanos());
    assertThat(hearing.extended(BEGUN + PATIENCE, PATIENCE))
        .isEqualTo(BEGUN + Hearing.LONGEST.toNanos());
  }
}
