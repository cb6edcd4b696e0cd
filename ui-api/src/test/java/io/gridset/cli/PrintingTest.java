package io.gridset.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrintingTest {
  @Test
  void agesReadAsKubectlWritesThem() {
    Map<Duration, String> expected =
        Map.ofEntries(
            Map.entry(Duration.ofSeconds(-5), "<invalid>"),
            Map.entry(Duration.ofSeconds(45), "45s"),
            Map.entry(Duration.ofSeconds(119), "119s"),
            Map.entry(Duration.ofSeconds(121), "2m1s"),
            Map.entry(Duration.ofMinutes(5), "5m"),
            Map.entry(Duration.ofMinutes(10).plusSeconds(9), "10m"),
            Map.entry(Duration.ofMinutes(185), "3h5m"),
            Map.entry(Duration.ofHours(9).plusMinutes(3), "9h"),
            Map.entry(Duration.ofHours(51), "2d3h"),
            Map.entry(Duration.ofDays(8), "8d"),
            Map.entry(Duration.ofDays(800), "2y70d"),
            Map.entry(Duration.ofDays(3000), "8y"));
    expected.forEach((age, text) -> assertThat(Age.of(age)).isEqualTo(text));
  }

  @Test
  void aHundredPercentMeansAllOfIt() {
    assertThat(Percentage.of(999_999, 1_000_000)).isEqualTo("99.9%");
    assertThat(Percentage.of(1_000_000, 1_000_000)).isEqualTo("100.0%");
    assertThat(Percentage.of(0, 0)).isEqualTo("100.0%");
  }

  @Test
  void theProgressLineFitsTheTerminal() {
    LoadProgress half =
        new LoadProgress(Phase.LOADING, 2L << 30, 1L << 30, 100, 50, 0, List.of(), 0);
    assertThat(ProgressLine.of(half, 100 << 20, 0))
        .isEqualTo("50.0%  1.00GiB/2.00GiB  50/100 files  100.00MiB/s  11s to go");
    assertThat(ProgressLine.of(half, 100 << 20, 80))
        .startsWith("[########........] ")
        .hasSizeLessThan(80);
    for (int columns = 20; columns < 200; columns++) {
      assertThat(ProgressLine.of(half, 100 << 20, columns)).hasSizeLessThan(columns);
    }
  }

  @Test
  void theRateForgetsWhatIsLongAgo() {
    TransferRate rate = new TransferRate();
    Instant start = Instant.EPOCH;
    assertThat(rate.bytesPerSecond()).isZero();
    rate.add(start, 0);
    rate.add(start.plusSeconds(1), 1000);
    assertThat(rate.bytesPerSecond()).isEqualTo(1000);
    for (int second = 2; second <= 40; second++) {
      rate.add(start.plusSeconds(second), 1000);
    }
    assertThat(rate.bytesPerSecond()).isZero();
  }
}
