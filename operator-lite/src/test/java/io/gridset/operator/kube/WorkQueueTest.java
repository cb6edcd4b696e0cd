package io.gridset.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
  private final AtomicLong time = new AtomicLong();
  private final Ticker ticker = time::get;
  private final WorkQueue<String> queue = new WorkQueue<>(ticker);

  @Test
  void aKeyIsWithOneWorkerAtATimeAndComesAgainIfItWasAddedMeanwhile() throws Exception {
    queue.add("a");
    assertThat(queue.take()).contains("a");
    queue.add("a");
    queue.add("b");
    assertThat(queue.take()).as("a is taken").contains("b");
    queue.done("a");
    assertThat(queue.take()).contains("a");
  }

  @Test
  void failuresSpaceTurnsOutAndSuccessForgetsThem() throws Exception {
    queue.add("a");
    assertThat(queue.take()).contains("a");
    queue.failed("a");
    time.addAndGet(Duration.ofMillis(100).toNanos());
    assertThat(queue.take()).contains("a");
    queue.failed("a");
    time.addAndGet(Duration.ofMillis(199).toNanos());
    queue.add("other");
    assertThat(queue.take()).as("a waits for twice as long").contains("other");
    time.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(queue.take()).contains("a");
  }

  @Test
  void theEarliestTimeCounts() throws Exception {
    queue.addAfter("a", Duration.ofMinutes(5));
    queue.addAfter("a", Duration.ofSeconds(1));
    queue.addAfter("a", Duration.ofMinutes(1));
    time.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(queue.take()).contains("a");
  }

  @Test
  void closingLetsWorkersGo() throws Exception {
    CompletableFuture<Optional<String>> taken = new CompletableFuture<>();
    Thread worker =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    taken.complete(queue.take());
                  } catch (InterruptedException e) {
                    taken.completeExceptionally(e);
                  }
                });
    queue.close();
    assertThat(taken.get(60, TimeUnit.SECONDS)).isEmpty();
    worker.join();
  }
}
