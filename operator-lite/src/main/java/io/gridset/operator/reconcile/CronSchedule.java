package io.gridset.operator.reconcile;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Five fields of cron (minute, hour, day of the month, month, day of the week) as Kubernetes'
/// CronJobs take them, in UTC: `*`, numbers, names of months and days, ranges, steps, lists, `?`,
/// and `@hourly` and its like. Where both days are restricted, either suffices. Pure.
final class CronSchedule {
  private static final Map<String, String> SHORTHANDS =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  /// February 29 comes within eight years, also around 2100.
  private static final int YEARS_MAX = 9;

  /// What one of the five may hold.
  private record Field(String name, int first, int last, List<String> words) {}

  private static final Field MINUTE = new Field("minute", 0, 59, List.of());
  private static final Field HOUR = new Field("hour", 0, 23, List.of());
  private static final Field DAY = new Field("day of the month", 1, 31, List.of());
  private static final Field MONTH = new Field("month", 1, 12, MONTHS);
  private static final Field WEEKDAY = new Field("day of the week", 0, 7, DAYS);

  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet days;
  private final BitSet months;
  private final BitSet weekdays;
  private final boolean anyDay;
  private final boolean anyWeekday;

  private CronSchedule(List<String> fields) {
    minutes = values(MINUTE, fields.get(0));
    hours = values(HOUR, fields.get(1));
    days = values(DAY, fields.get(2));
    months = values(MONTH, fields.get(3));
    weekdays = values(WEEKDAY, fields.get(4));
    weekdays.set(0, weekdays.get(0) || weekdays.get(7));
    anyDay = isAny(fields.get(2));
    anyWeekday = isAny(fields.get(4));
  }

  /// @throws IllegalArgumentException saying what is wrong with which part
  static CronSchedule parse(String text) {
    String trimmed = text.strip().toLowerCase(Locale.ROOT);
    if (trimmed.startsWith("tz=") || trimmed.startsWith("cron_tz=")) {
      throw new IllegalArgumentException(
          "'" + text + "': a schedule is in UTC, and names no time zone");
    }
    List<String> fields = List.of(SHORTHANDS.getOrDefault(trimmed, trimmed).split("\\s+"));
    if (fields.size() != 5) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' has not the five fields of cron (minute, hour, day, month, day of the week),"
              + " such as '0 2 * * *'");
    }
    CronSchedule schedule = new CronSchedule(fields);
    if (schedule.next(Instant.EPOCH).isEmpty()) {
      throw new IllegalArgumentException("'" + text + "' names a day that never comes");
    }
    return schedule;
  }

  private static boolean isAny(String field) {
    return field.startsWith("*") || field.startsWith("?");
  }

  private static BitSet values(Field field, String text) {
    BitSet values = new BitSet();
    for (String part : text.split(",", -1)) {
      int slash = part.indexOf('/');
      String range = slash < 0 ? part : part.substring(0, slash);
      int step = slash < 0 ? 1 : number(field, part.substring(slash + 1), text);
      int first = field.first();
      int last = field.last();
      if (!range.equals("*") && !range.equals("?")) {
        int dash = range.indexOf('-');
        first = value(field, dash < 0 ? range : range.substring(0, dash), text);
        last =
            dash >= 0
                ? value(field, range.substring(dash + 1), text)
                : slash < 0 ? first : field.last();
      }
      if (step < 1 || first > last) {
        throw wrong(field, text);
      }
      for (int i = first; i <= last; i += step) {
        values.set(i);
      }
    }
    return values;
  }

  private static int value(Field field, String word, String text) {
    int named = field.words().indexOf(word);
    int value = named >= 0 ? named + Math.min(field.first(), 1) : number(field, word, text);
    if (value < field.first() || value > field.last()) {
      throw wrong(field, text);
    }
    return value;
  }

  private static int number(Field field, String digits, String text) {
    if (digits.isEmpty()
        || digits.length() > 4
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw wrong(field, text);
    }
    return Integer.parseInt(digits);
  }

  private static IllegalArgumentException wrong(Field field, String text) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is no "
            + field.name()
            + " ("
            + field.first()
            + " to "
            + field.last()
            + ")");
  }

  /// The first time after `after`; empty when there is none in years.
  Optional<Instant> next(Instant after) {
    LocalDateTime time =
        LocalDateTime.ofInstant(after, ZoneOffset.UTC)
            .truncatedTo(ChronoUnit.MINUTES)
            .plusMinutes(1);
    LocalDateTime end = time.plusYears(YEARS_MAX);
    while (time.isBefore(end)) {
      if (!months.get(time.getMonthValue())) {
        time = time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
      } else if (!isDay(time)) {
        time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
      } else if (!hours.get(time.getHour())) {
        time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
      } else if (!minutes.get(time.getMinute())) {
        time = time.plusMinutes(1);
      } else {
        return Optional.of(time.toInstant(ZoneOffset.UTC));
      }
    }
    return Optional.empty();
  }

  private boolean isDay(LocalDateTime time) {
    boolean day = days.get(time.getDayOfMonth());
    boolean weekday = weekdays.get(time.getDayOfWeek().getValue() % 7);
    return (anyDay || anyWeekday) ? (day && weekday) : (day || weekday);
  }

  /// The last time in `(after, until]`: of several that were missed only this one counts.
  Optional<Instant> latest(Instant after, Instant until) {
    Optional<Instant> found = Optional.empty();
    // Backwards in growing steps, so that years of missed minutes are not counted one by one.
    for (long seconds = 60; ; seconds *= 4) {
      Instant from = until.minusSeconds(seconds);
      Instant start = from.isBefore(after) ? after : from;
      for (Optional<Instant> next = next(start);
          next.isPresent() && !next.get().isAfter(until);
          next = next(next.get())) {
        found = next;
      }
      if (found.isPresent() || start.equals(after)) {
        return found;
      }
    }
  }
}
