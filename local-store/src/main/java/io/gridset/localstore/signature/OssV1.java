package io.gridset.localstore.signature;

import io.gridset.localstore.http.Query;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// OSS signature version 1 (HMAC-SHA1 over verb, MD5, type, date, `x-oss-` headers and resource),
/// in the Authorization header or a presigned URL: "V1 signature" of the OSS developer reference.
final class OssV1 {
  /// The query parameters that are part of the resource; all others are unsigned.
  private static final Set<String> SUB_RESOURCES =
      Set.of(
          ("acl append bucketInfo callback callback-var cleanRestoredObject cloudboxes"
                  + " continuation-token cors delete encryption endTime inventory lifecycle live"
                  + " location logging objectMeta partNumber policy position qos referer"
                  + " regionList replication requestPayment resourceGroup response-cache-control"
                  + " response-content-disposition response-content-encoding"
                  + " response-content-language response-content-type response-expires restore"
                  + " security-token sequential startTime stat status symlink tagging"
                  + " uploadId uploads versionId versioning versions vod website worm"
                  + " x-oss-process x-oss-traffic-limit x-oss-ac-source-ip"
                  + " x-oss-ac-subnet-mask x-oss-ac-vpc-id")
              .split(" "));

  private OssV1() {}

  static String signature(String secret, SignedRequest request, String date) {
    byte[] mac =
        Digests.hmac(
            "HmacSHA1", secret.getBytes(StandardCharsets.UTF_8), stringToSign(request, date));
    return Base64.getEncoder().encodeToString(mac);
  }

  static String date(SignedRequest request) {
    String own = request.headerOrEmpty("x-oss-date");
    return own.isEmpty() ? request.headerOrEmpty("date") : own;
  }

  /// Whether the date is near enough to now; empty if so.
  static Optional<Verdict.Refused> judgeDate(String date, Instant now) {
    try {
      Instant signed = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Duration.between(signed, now).abs().compareTo(ScopedSignature.SKEW) > 0
          ? Optional.of(
              new Verdict.Refused(
                  Verdict.Reason.CLOCK_SKEW,
                  "The difference between the request time and the server's time is too large."))
          : Optional.empty();
    } catch (DateTimeException _) {
      return Optional.of(
          new Verdict.Refused(Verdict.Reason.MALFORMED, "not a date: '" + date + "'"));
    }
  }

  private static String stringToSign(SignedRequest request, String date) {
    StringBuilder text = new StringBuilder();
    text.append(request.method()).append('\n');
    text.append(request.headerOrEmpty("content-md5")).append('\n');
    text.append(request.headerOrEmpty("content-type")).append('\n');
    text.append(date).append('\n');
    new TreeMap<>(request.headers())
        .forEach(
            (name, value) -> {
              if (name.startsWith("x-oss-") && !value.isEmpty()) {
                text.append(name).append(':').append(value).append('\n');
              }
            });
    text.append('/');
    if (!request.bucket().isEmpty()) {
      text.append(request.bucket()).append('/').append(request.key());
    }
    List<Query.Parameter> signed = new ArrayList<>();
    for (Query.Parameter parameter : request.query().parameters()) {
      if (SUB_RESOURCES.contains(parameter.name())) {
        signed.add(parameter);
      }
    }
    signed.sort(Comparator.comparing(Query.Parameter::name));
    String separator = "?";
    for (Query.Parameter parameter : signed) {
      text.append(separator).append(parameter.name());
      if (!parameter.value().isEmpty()) {
        text.append('=').append(parameter.value());
      }
      separator = "&";
    }
    return text.toString();
  }
}
