package io.gridset.server.store.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.retry.Attempts.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private static final RetryLimits LIMITS =
      new RetryLimits(4, Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(10));

  private final List<Duration> waits = new ArrayList<>();
  private long now;
  private int calls;
  private final Attempts attempts =
      new Attempts(
          LIMITS,
          () -> now,
          wait -> {
            waits.add(wait);
            now += wait.toNanos();
            return false;
          },
          new SplittableRandom(7));

  private StorageException broken() {
    calls++;
    return StorageException.retryable(Kind.UNAVAILABLE, "broken");
  }

  @Test
  void attemptsAreCountedAndTheLastCauseIsTold() {
    assertThatThrownBy(
            () ->
                attempts.run(
                    Operation.small("reading x"),
                    () -> {
                      throw broken();
                    }))
        .isInstanceOfSatisfying(StorageException.class, e -> assertThat(e.retryable()).isFalse())
        .hasMessageContaining("reading x: gave up after 4 attempts")
        .hasMessageEndingWith("broken");
    assertThat(waits).hasSize(3);
    assertThat(waits.get(0)).isBetween(Duration.ofMillis(50), Duration.ofMillis(100));
    assertThat(waits.get(2)).isBetween(Duration.ofMillis(150), Duration.ofMillis(300));
  }

  @Test
  void whatCannotBeMendedIsNotRepeated() {
    assertThatThrownBy(
            () ->
                attempts.run(
                    Operation.small("reading x"),
                    () -> {
                      calls++;
                      throw StorageException.of(Kind.CHANGED, "other");
                    }))
        .hasMessage("other");
    assertThat(calls).isOne();
  }

  @Test
  void progressStartsTheCountAnewButNotForEver() {
    long[] done = {0};
    assertThatThrownBy(
            () ->
                attempts.run(
                    new Operation("reading x", Duration.ofHours(1), () -> done[0]),
                    () -> {
                      done[0]++;
                      throw broken();
                    }))
        .hasMessageContaining("32 attempts");
    assertThat(calls).isEqualTo(32);
  }

  @Test
  void aStoresRetryAfterIsWaitedForWithinTheDeadline() throws Exception {
    String answer =
        attempts.run(
            Operation.small("reading x"),
            () -> {
              if (calls++ == 0) {
                throw StorageException.throttled("slow down", Duration.ofSeconds(3));
              }
              return "bytes";
            });
    assertThat(answer).isEqualTo("bytes");
    assertThat(waits.getFirst()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3100));
    assertThatThrownBy(
            () ->
                attempts.run(
                    Operation.small("reading x"),
                    () -> {
                      throw StorageException.throttled("slow down", Duration.ofSeconds(11));
                    }))
        .hasMessageContaining("would have to wait 11 s");
  }

  @Test
  void closingEndsTheWaiting() throws Exception {
    Attempts real =
        new Attempts(
            new RetryLimits(9, Duration.ofHours(1), Duration.ofHours(1), Duration.ofDays(1)));
    Thread closer = Thread.ofVirtual().start(real::close);
    assertThatThrownBy(
            () ->
                real.run(
                    Operation.small("reading x"),
                    () -> {
                      throw broken();
                    }))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
    closer.join();
  }
}
