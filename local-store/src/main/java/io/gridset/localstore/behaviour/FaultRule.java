package io.gridset.localstore.behaviour;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Which requests a fault befalls.
///
/// @param glob of `bucket/key`; `*` stands for any characters, slashes too, `?` for one
/// @param method `GET`, `HEAD`...; empty = GET only, so that identity lookups stay sound
/// @param skip the first so many matching requests are spared
/// @param first only so many matching requests after those are judged; 0 = all
/// @param probability of the fault for a request judged
/// @param seed of the random numbers, so that a run can be repeated
public record FaultRule(
    String glob, String method, int skip, int first, double probability, long seed, Fault fault) {
  /// The fault on every GET of the objects matching the glob.
  public static FaultRule always(String glob, Fault fault) {
    return new FaultRule(glob, "GET", 0, 0, 1.0, 0, fault);
  }

  /// The fault on the first so many GETs of the objects matching the glob.
  public static FaultRule first(int count, String glob, Fault fault) {
    return new FaultRule(glob, "GET", 0, count, 1.0, 0, fault);
  }

  public FaultRule {
    if (skip < 0 || first < 0 || !(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "a fault's skip and first are not negative, its probability is from 0 to 1");
    }
    method = method.isEmpty() ? "GET" : method.toUpperCase(Locale.ROOT);
  }

  public FaultRule forMethod(String other) {
    return new FaultRule(glob, other, skip, first, probability, seed, fault);
  }

  public FaultRule skipping(int requests) {
    return new FaultRule(glob, method, requests, first, probability, seed, fault);
  }

  public FaultRule withProbability(double value, long withSeed) {
    return new FaultRule(glob, method, skip, first, value, withSeed, fault);
  }

  /// Reads `GLOB;KIND[=ARGUMENT[,ARGUMENT]][;method=M][;skip=N][;first=N][;probability=P][;seed=N]`
  /// where KIND is one of `status=CODE[,RETRY_AFTER]`, `reset=BYTES`, `truncate=BYTES`,
  /// `content-length=DELTA`, `content-range=SHIFT`, `total-length=DELTA`, `stall=TIME`,
  /// `stall-after=BYTES,TIME`, `etag`, `ignore-range`, `corrupt=OFFSET`.
  ///
  /// @throws IllegalArgumentException naming what is wrong
  public static FaultRule parse(String text) {
    String[] parts = text.split(";");
    if (parts.length < 2) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a fault; write it like models/*;status=503,2s;first=3");
    }
    FaultRule rule = always(parts[0].strip(), fault(parts[1].strip()));
    for (int i = 2; i < parts.length; i++) {
      rule = rule.option(parts[i].strip());
    }
    return rule;
  }

  private FaultRule option(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    String value = equals < 0 ? "" : text.substring(equals + 1);
    return switch (name) {
      case "method" -> forMethod(value);
      case "skip" -> skipping(Integer.parseInt(value));
      case "first" ->
          new FaultRule(glob, method, skip, Integer.parseInt(value), probability, seed, fault);
      case "probability" -> withProbability(Double.parseDouble(value), seed);
      case "seed" -> withProbability(probability, Long.parseLong(value));
      default ->
          throw new IllegalArgumentException(
              "'" + name + "' is no option of a fault: method, skip, first, probability, seed");
    };
  }

  private static Fault fault(String text) {
    int equals = text.indexOf('=');
    String kind = equals < 0 ? text : text.substring(0, equals);
    List<String> arguments =
        equals < 0 ? List.of() : List.of(text.substring(equals + 1).split(","));
    return switch (kind) {
      case "status" ->
          new Fault.Status(
              Integer.parseInt(argument(kind, arguments, 0)),
              arguments.size() < 2
                  ? Optional.empty()
                  : Optional.of(Quantity.duration(arguments.get(1))));
      case "reset" -> new Fault.ResetAfter(Quantity.bytes(argument(kind, arguments, 0)));
      case "truncate" -> new Fault.TruncateAfter(Quantity.bytes(argument(kind, arguments, 0)));
      case "content-length" ->
          new Fault.LyingContentLength(Long.parseLong(argument(kind, arguments, 0)));
      case "content-range" ->
          new Fault.LyingContentRange(Long.parseLong(argument(kind, arguments, 0)));
      case "total-length" ->
          new Fault.WrongTotalLength(Long.parseLong(argument(kind, arguments, 0)));
      case "stall" -> new Fault.StallBeforeHeaders(Quantity.duration(argument(kind, arguments, 0)));
      case "stall-after" ->
          new Fault.StallAfter(
              Quantity.bytes(argument(kind, arguments, 0)),
              Quantity.duration(argument(kind, arguments, 1)));
      case "etag" -> new Fault.ChangedEtag();
      case "ignore-range" -> new Fault.IgnoredRange();
      case "corrupt" -> new Fault.CorruptByte(Quantity.bytes(argument(kind, arguments, 0)));
      default ->
          throw new IllegalArgumentException(
              "'"
                  + kind
                  + "' is no fault: status, reset, truncate, content-length, content-range,"
                  + " total-length, stall, stall-after, etag, ignore-range, corrupt");
    };
  }

  private static String argument(String kind, List<String> arguments, int index) {
    if (arguments.size() <= index) {
      throw new IllegalArgumentException("the fault '" + kind + "' lacks an argument");
    }
    return arguments.get(index);
  }

  /// A rule at work: its compiled glob, its count and its random numbers. Thread-safe.
  static final class Watch {
    private final FaultRule rule;
    private final Pattern pattern;
    private final RandomGenerator random;
    private long seen;

    Watch(FaultRule rule) {
      this.rule = rule;
      this.pattern = compile(rule.glob());
      this.random = new SplittableRandom(rule.seed());
    }

    /// Whether the fault befalls this request; counts it when it matches.
    synchronized Optional<Fault> judge(String method, String object) {
      if (!rule.method().equals(method) || !pattern.matcher(object).matches()) {
        return Optional.empty();
      }
      long index = seen++ - rule.skip();
      if (index < 0 || (rule.first() > 0 && index >= rule.first())) {
        return Optional.empty();
      }
      return random.nextDouble() < rule.probability()
          ? Optional.of(rule.fault())
          : Optional.empty();
    }

    private static Pattern compile(String glob) {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < glob.length(); i++) {
        char c = glob.charAt(i);
        parts.add(
            switch (c) {
              case '*' -> ".*";
              case '?' -> ".";
              default -> Pattern.quote(String.valueOf(c));
            });
      }
      return Pattern.compile(String.join("", parts), Pattern.DOTALL);
    }
  }
}
