package io.gridset.server.load;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.random;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRequest.Mode;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.read.Homes;
import io.gridset.server.read.ReadFixture;
import io.gridset.server.state.SharedMaps;
import io.gridset.server.tree.FaultyUnderStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadAloneTest {
  private static final MemberView ALONE = MemberView.of(List.of(new Member("me", 1)));

  private final List<GridLoads> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(GridLoads::close);
  }

  private LoadRun start(ReadFixture fixture, Mode mode, String... targets) throws StorageException {
    Loadable dataset =
        new Loadable(
            "uid",
            new DatasetName("default", "d"),
            fixture.files,
            fixture.cache.usage().quotaBytes(),
            BLOCK);
    GridLoads loads =
        new GridLoads(
            SharedMaps.alone(),
            new Homes("me", () -> ALONE),
            fixture.ticker,
            _ -> Optional.of(dataset));
    opened.add(loads);
    return loads.start(dataset, new LoadRequest(List.of(targets), mode, false));
  }

  private static LoadProgress end(LoadRun load) {
    until("the load ends", () -> load.progress().phase().isEnd());
    return load.progress();
  }

  private static long fill(ReadFixture fixture) {
    long total = 0;
    for (int i = 0; i < 150; i++) {
      int length = i % 10 == 0 ? 5 * BLOCK + i : 100 + i;
      fixture.store.put("d" + i % 3 + "/e/f" + i, random(length, i));
      total += length;
    }
    fixture.store.put("d0/empty", new byte[0]);
    return total;
  }

  @Test
  void aLoadBringsEverythingOnceAndSaysSo() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      long total = fill(fixture);
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).as("%s", end).isEqualTo(Phase.COMPLETE);
      assertThat(end.cachedBytes()).isEqualTo(total).isEqualTo(end.totalBytes());
      assertThat(end.cachedFiles()).isEqualTo(151).isEqualTo(end.totalFiles());
      assertThat(fixture.store.bytesRead).hasValue(total);
      assertThat(end(start(fixture, Mode.LOAD)).phase()).isEqualTo(Phase.COMPLETE);
      assertThat(fixture.store.bytesRead).as("nothing is fetched twice").hasValue(total);
    }
  }

  @Test
  void sixtyFourSmallFilesAreUnderWayAtOnce() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      for (int i = 0; i < 200; i++) {
        fixture.store.put("f" + i, random(10, i));
      }
      assertThat(fixture.files.find("f0")).isPresent();
      fixture.store.hold();
      LoadRun load = start(fixture, Mode.LOAD);
      // The gate keeps 8 of its 64 places for readers who wait.
      until("the gate is full", () -> fixture.store.waiting.get() == 56);
      assertThat(load.progress().phase()).isEqualTo(Phase.LOADING);
      fixture.store.release();
      assertThat(end(load).phase()).isEqualTo(Phase.COMPLETE);
    }
  }

  @Test
  void targetsWithinEachOtherCountOnceAndAnUnknownOneIsNamed() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fill(fixture);
      LoadProgress end = end(start(fixture, Mode.LOAD, "/d1/", "d1/e", "d1/e/f1", "d0/empty"));
      assertThat(end.phase()).isEqualTo(Phase.COMPLETE);
      assertThat(end.totalFiles()).isEqualTo(51);
      assertThatThrownBy(() -> start(fixture, Mode.LOAD, "/d9/nothing"))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
          .hasMessageContaining("/d9/nothing");
    }
  }

  @Test
  void aCheckOnlyCounts() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      long total = fill(fixture);
      end(start(fixture, Mode.LOAD, "d0"));
      long before = fixture.store.bytesRead.get();
      LoadProgress end = end(start(fixture, Mode.CHECK));
      assertThat(end.phase()).isEqualTo(Phase.COMPLETE);
      assertThat(end.totalBytes()).isEqualTo(total);
      assertThat(end.cachedBytes()).isEqualTo(before);
      assertThat(fixture.store.bytesRead).hasValue(before);
    }
  }

  @Test
  void aLoadThatDoesNotFitFailsAndSaysHowMuchDid() throws Exception {
    try (ReadFixture fixture = new ReadFixture(new FaultyUnderStore(), 10 * BLOCK)) {
      for (int i = 0; i < 30; i++) {
        fixture.store.put("f%02d".formatted(i), random(BLOCK, i));
      }
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.cachedBytes()).isEqualTo(10 * BLOCK);
      assertThat(end.failures())
          .containsExactly(
              "cache full: 640.00KiB of 1.88MiB are cached and fill a quota of 640.00KiB to its high"
                  + " watermark (files take whole pages of 4KiB); raise"
                  + " spec.tieredstore.levels[].quota of the runtime");
      assertThat(fixture.store.bytesRead)
          .as("it stops rather than evict its own")
          .hasValue(10 * BLOCK);
    }
  }

  @Test
  void aFileLargerThanTheQuotaIsLoadedAsFarAsItFits() throws Exception {
    try (ReadFixture fixture = new ReadFixture(new FaultyUnderStore(), 10 * BLOCK)) {
      fixture.store.put("large", random(25 * BLOCK + 7, 1));
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.cachedBytes()).isEqualTo(10 * BLOCK);
      assertThat(end.failures()).singleElement().asString().startsWith("cache full: 640.00KiB of");
      assertThat(fixture.store.bytesRead).hasValue(10 * BLOCK);
    }
  }

  @Test
  void smallFilesFillTheRoomThatALargeOneLeaves() throws Exception {
    try (ReadFixture fixture = new ReadFixture(new FaultyUnderStore(), 10 * BLOCK + BLOCK / 2)) {
      fixture.store.put("large", random(25 * BLOCK, 1));
      for (int i = 0; i < 4; i++) {
        fixture.store.put("small" + i, random(100 + i, i));
      }
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.cachedFiles()).isEqualTo(4);
      assertThat(end.cachedBytes()).isEqualTo(10 * BLOCK + 406);
    }
  }

  @Test
  void theFirstFileThatDoesNotFitTakesTheRoomThatIsLeft() throws Exception {
    try (ReadFixture fixture = new ReadFixture(new FaultyUnderStore(), 10 * BLOCK)) {
      for (int i = 0; i < 4; i++) {
        fixture.store.put("f" + i, random(4 * BLOCK, i));
      }
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.cachedBytes()).isEqualTo(10 * BLOCK);
      assertThat(end.cachedFiles()).isEqualTo(2);
    }
  }

  @Test
  void filesThatFailAreNamedAndTheOthersComeAllTheSame() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      for (int i = 0; i < 60; i++) {
        fixture.store.put("f%02d".formatted(i), random(1000, i));
      }
      fixture.store.fault =
          (path, _) -> {
            if (path.endsWith("7") || path.startsWith("f4") || path.startsWith("f5")) {
              throw StorageException.of(Kind.ACCESS_DENIED, "no permission");
            }
          };
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.failedFiles()).isEqualTo(24);
      assertThat(end.failures()).hasSize(20).allMatch(line -> line.endsWith(": no permission"));
      assertThat(end.cachedFiles()).isEqualTo(36);
    }
  }

  @Test
  void aCancelledLoadEndsAndKeepsWhatItBrought() throws Exception {
    int files = 5000;
    try (ReadFixture fixture = new ReadFixture()) {
      for (int i = 0; i < files; i++) {
        fixture.store.put("f" + i, random(10, i));
      }
      assertThat(fixture.files.find("f0")).isPresent();
      fixture.store.hold();
      LoadRun load = start(fixture, Mode.LOAD);
      until("reads wait", () -> fixture.store.waiting.get() > 0);
      fixture.store.fault = (_, _) -> LockSupport.parkNanos(10_000_000); // All would take long.
      load.cancel();
      fixture.store.release();
      assertThat(end(load).phase()).isEqualTo(Phase.CANCELLED);
      assertThat(fixture.store.bytesRead.get()).isBetween(10L, files * 10 / 2L);
    }
  }

  @Test
  void aTreeThatCannotBeListedFailsTheLoadWithTheReason() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fill(fixture);
      assertThat(fixture.files.find("d0")).isPresent();
      fixture.store.down = true;
      LoadProgress end = end(start(fixture, Mode.LOAD));
      assertThat(end.phase()).isEqualTo(Phase.FAILED);
      assertThat(end.failures()).containsExactly("the store is down");
    }
  }
}
