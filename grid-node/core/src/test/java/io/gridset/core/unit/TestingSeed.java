package io.gridset.core.unit;

import java.util.SplittableRandom;

/// The seed of this process's random tests: another in each process, printed once, and the same for
/// a test that runs a second time after it failed, so that a failure of the seed fails again.
/// `-Dgridset.seed=N` repeats a run. Thread-safe.
public final class TestingSeed {
  private static final long VALUE = chosen();

  private TestingSeed() {}

  private static long chosen() {
    long seed = Long.getLong("gridset.seed", new SplittableRandom().nextLong());
    System.out.println("seed " + seed + " (-Dgridset.seed=" + seed + " repeats it)");
    return seed;
  }

  /// The seed of one test, which depends on nothing but the process's and the test's name.
  public static long of(Class<?> test) {
    return new SplittableRandom(VALUE ^ test.getName().hashCode()).nextLong();
  }
}
