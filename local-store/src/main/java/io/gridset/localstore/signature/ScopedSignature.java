package io.gridset.localstore.signature;

import io.gridset.localstore.http.PercentEncoding;
import io.gridset.localstore.http.Query;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// What OSS V4 and AWS SigV4 share: a key derived along date, region, service and a terminator, and
/// a string to sign made of algorithm, time, scope and the canonical request's hash.
///
/// @param accessKeyId from the credential
/// @param scope date/region/service/terminator
/// @param signature lower-case hex
/// @param time the signing time as `yyyyMMdd'T'HHmmss'Z'`
/// @param lifetime of a presigned URL; empty for a signature in the headers
record ScopedSignature(
    String accessKeyId, String scope, String signature, String time, Optional<Duration> lifetime) {
  /// A dialect's names.
  record Dialect(String algorithm, String secretPrefix, String terminator) {}

  /// How far a signed header's time may be from ours; both vendors say 15 minutes.
  static final Duration SKEW = Duration.ofMinutes(15);

  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  /// Splits `accessKeyId/date/region/service/terminator`.
  static Optional<String[]> credential(String text, Dialect dialect) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    String scope = text.substring(slash + 1);
    return scope.split("/").length == 4 && scope.endsWith("/" + dialect.terminator())
        ? Optional.of(new String[] {text.substring(0, slash), scope})
        : Optional.empty();
  }

  /// Whether the time is acceptable now; empty if so.
  Optional<Verdict.Refused> judgeTime(Instant now) {
    Instant signed;
    try {
      signed = LocalDateTime.parse(time, BASIC).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException _) {
      return refused(Verdict.Reason.MALFORMED, "not a signing time: '" + time + "'");
    }
    if (!scope.startsWith(time.substring(0, 8) + "/")) {
      return refused(Verdict.Reason.MALFORMED, "the credential's date is not the signing time's");
    }
    if (lifetime.isPresent()) {
      if (now.isAfter(signed.plus(lifetime.get()))) {
        return refused(Verdict.Reason.EXPIRED, "Request has expired.");
      }
      return now.isBefore(signed.minus(SKEW))
          ? refused(Verdict.Reason.CLOCK_SKEW, "The presigned URL is not valid yet.")
          : Optional.empty();
    }
    return Duration.between(signed, now).abs().compareTo(SKEW) > 0
        ? refused(
            Verdict.Reason.CLOCK_SKEW,
            "The difference between the request time and the server's time is too large.")
        : Optional.empty();
  }

  private static Optional<Verdict.Refused> refused(Verdict.Reason reason, String message) {
    return Optional.of(new Verdict.Refused(reason, message));
  }

  /// The signature that the secret yields for the canonical request.
  String expected(Dialect dialect, String secret, String canonicalRequest) {
    String toSign =
        String.join("\n", dialect.algorithm(), time, scope, Digests.sha256Hex(canonicalRequest));
    byte[] key = (dialect.secretPrefix() + secret).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) {
      key = Digests.hmacSha256(key, part);
    }
    return HexFormat.of().formatHex(Digests.hmacSha256(key, toSign));
  }

  /// The query's parameters but one, encoded and sorted.
  ///
  /// @param bareSuffix what follows the name of a parameter without value: `=` for AWS, nothing for
  ///   OSS
  static String canonicalQuery(Query query, String without, String bareSuffix) {
    List<String> parts = new ArrayList<>();
    List<Query.Parameter> encoded = new ArrayList<>();
    for (Query.Parameter parameter : query.parameters()) {
      if (!parameter.name().equals(without)) {
        encoded.add(
            new Query.Parameter(
                PercentEncoding.encode(parameter.name()),
                PercentEncoding.encode(parameter.value())));
      }
    }
    encoded.sort(
        java.util.Comparator.comparing(Query.Parameter::name)
            .thenComparing(Query.Parameter::value));
    for (Query.Parameter parameter : encoded) {
      parts.add(
          parameter.value().isEmpty()
              ? parameter.name() + bareSuffix
              : parameter.name() + "=" + parameter.value());
    }
    return String.join("&", parts);
  }
}
