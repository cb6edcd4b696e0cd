package io.gridset.server.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleService;
import io.gridset.server.tree.TestingTicker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GridWorkerTest {
  private final TestingTicker ticker = new TestingTicker();
  private final GridWorker worker = new GridWorker(ticker);
  private boolean broken = true;

  /// Something shared that cannot be compared while it is broken.
  private final class Fragile implements Shared {
    @Override
    public void joined(HazelcastInstance instance) {}

    @Override
    public void compare() {
      if (broken) {
        throw new IllegalStateException("Not Member!");
      }
    }

    @Override
    public void flush() {}

    @Override
    public void left() {}
  }

  @Test
  void aMemberThroughWhichNothingGetsIsStuckUntilSomethingDoes() {
    worker.add(new Fragile());
    worker.begin(running());
    worker.work();
    ticker.advance(GridWorker.STUCK);
    worker.work();
    assertThat(worker.isStuck()).as("not yet").isFalse();
    ticker.advance(Duration.ofMillis(1));
    assertThat(worker.isStuck()).as("longer").isTrue();
    broken = false;
    worker.work();
    assertThat(worker.isStuck()).as("something got through").isFalse();
    broken = true;
    worker.compareSoon();
    worker.work();
    ticker.advance(GridWorker.STUCK.plusMillis(1));
    assertThat(worker.isStuck()).as("failing again").isTrue();
    worker.begin(running());
    assertThat(worker.isStuck()).as("joined anew").isFalse();
  }

  private static HazelcastInstance running() {
    LifecycleService life =
        proxy(LifecycleService.class, method -> method.equals("isRunning") ? Boolean.TRUE : null);
    return proxy(
        HazelcastInstance.class, method -> method.equals("getLifecycleService") ? life : null);
  }

  private interface Answers {
    Object of(String method);
  }

  private static <T> T proxy(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> answers.of(method.getName())));
  }
}
