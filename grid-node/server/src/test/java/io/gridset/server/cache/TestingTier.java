package io.gridset.server.cache;

import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/// A directory for one tier, in memory where there is /dev/shm, removed at the end.
record TestingTier(Medium medium, Path directory) implements AutoCloseable {
  static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  static TestingTier inMemory() throws IOException {
    Path shared = Path.of("/dev/shm");
    return new TestingTier(
        Medium.MEM,
        Files.isWritable(shared)
            ? Files.createTempDirectory(shared, "gridset-cache-test-")
            : Files.createTempDirectory("gridset-cache-test-"));
  }

  static TestingTier onDisk() throws IOException {
    return new TestingTier(Medium.SSD, Files.createTempDirectory("gridset-cache-test-"));
  }

  CacheSettings.Tier tier(long quotaBytes) {
    return new CacheSettings.Tier(medium, directory, quotaBytes, 0.9, 0.6);
  }

  CacheSettings settings(long quotaBytes) {
    return new CacheSettings(List.of(tier(quotaBytes)));
  }

  /// A cache whose background work is done at once, by the thread that asks for it.
  static TieredBlockCache open(CacheSettings settings) throws StorageException {
    return TieredBlockCache.open(settings, seams(WindowRing.DEFAULT_LIMIT));
  }

  static TieredBlockCache.Seams seams(int windowLimit) {
    return TieredBlockCache.Seams.alone(CLOCK, Runnable::run, new WindowRing(windowLimit));
  }

  /// The same on a member of a grid.
  static TieredBlockCache open(CacheSettings settings, Supplier<HomeShare> shares)
      throws StorageException {
    WindowRing windows = new WindowRing(WindowRing.DEFAULT_LIMIT);
    return TieredBlockCache.open(
        settings, new TieredBlockCache.Seams(CLOCK, Runnable::run, windows, shares));
  }

  /// What is at home at member "m0" of this many alike.
  static HomeShare shareOf(int members) {
    List<Member> all = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      all.add(new Member("m" + i, 1));
    }
    return new HomeShare(Ranking.of(MemberView.of(all)), "m0");
  }

  @Override
  public void close() throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
