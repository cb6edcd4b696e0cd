package io.gridset.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {
  /// 2026-11-22 is a Sunday.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * *          | 2026-11-22T12:00:00Z | 2026-11-22T12:01:00Z",
        "* * * * *          | 2026-11-22T12:00:59Z | 2026-11-22T12:01:00Z",
        "*/15 * * * *       | 2026-11-22T12:46:00Z | 2026-11-22T13:00:00Z",
        "5/20 * * * *       | 2026-11-22T12:26:00Z | 2026-11-22T12:45:00Z",
        "0 2 * * *          | 2026-11-22T02:00:00Z | 2026-11-23T02:00:00Z",
        "30 1-3,22 * * *    | 2026-11-22T03:30:00Z | 2026-11-22T22:30:00Z",
        "0 0 * * mon-fri    | 2026-11-20T00:00:00Z | 2026-11-23T00:00:00Z",
        "0 0 * * 7          | 2026-11-22T00:00:00Z | 2026-11-29T00:00:00Z",
        "0 0 * * SUN        | 2026-11-22T00:00:00Z | 2026-11-29T00:00:00Z",
        "0 0 13 * 5         | 2026-11-22T00:00:00Z | 2026-11-27T00:00:00Z",
        "0 0 */10 * 5       | 2026-11-22T00:00:00Z | 2026-12-11T00:00:00Z",
        "0 12 1 jan,JUL ?   | 2026-11-22T00:00:00Z | 2027-01-01T12:00:00Z",
        "0 0 29 2 *         | 2026-11-22T00:00:00Z | 2028-02-29T00:00:00Z",
        "0 0 31 * *         | 2026-11-22T00:00:00Z | 2026-12-31T00:00:00Z",
        "@hourly            | 2026-11-22T12:00:00Z | 2026-11-22T13:00:00Z",
        "@daily             | 2026-11-22T12:00:00Z | 2026-11-23T00:00:00Z",
        "@weekly            | 2026-11-22T00:00:00Z | 2026-11-29T00:00:00Z",
        "@monthly           | 2026-11-22T12:00:00Z | 2026-12-01T00:00:00Z",
        "@yearly            | 2026-11-22T12:00:00Z | 2027-01-01T00:00:00Z",
      })
  void theNextTimeIsThatOfCron(String schedule, String after, String next) {
    assertThat(CronSchedule.parse(schedule).next(Instant.parse(after)))
        .contains(Instant.parse(next));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "a * * * *",
        "1,,2 * * * *",
        "-1 * * * *",
        "0 0 30 2 *",
        "@sometimes",
        "TZ=Asia/Tokyo 0 0 * * *"
      })
  void whatIsNoScheduleIsRefusedInWords(String schedule) {
    assertThatThrownBy(() -> CronSchedule.parse(schedule))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'");
  }

  @Test
  void ofSeveralMissedTimesOnlyTheLastCounts() {
    CronSchedule schedule = CronSchedule.parse("*/10 * * * *");
    Instant now = Instant.parse("2026-11-22T12:34:56Z");
    assertThat(schedule.latest(now.minusSeconds(86_400 * 700), now))
        .contains(Instant.parse("2026-11-22T12:30:00Z"));
    assertThat(schedule.latest(Instant.parse("2026-11-22T12:30:00Z"), now)).isEmpty();
    assertThat(schedule.latest(Instant.parse("2026-11-22T12:29:59Z"), now))
        .contains(Instant.parse("2026-11-22T12:30:00Z"));
  }
}
