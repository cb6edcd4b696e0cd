package io.gridset.localstore.signature;

import io.gridset.localstore.http.PercentEncoding;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// OSS signature version 4 (`OSS4-HMAC-SHA256`), in the Authorization header or a presigned URL, as
/// Alibaba Cloud's OSS developer reference defines it ("V4 signature in headers / in a URL").
final class OssV4 {
  static final ScopedSignature.Dialect DIALECT =
      new ScopedSignature.Dialect("OSS4-HMAC-SHA256", "aliyun_v4", "aliyun_v4_request");

  private OssV4() {}

  /// The signature of a request whose Authorization begins with the algorithm; empty if malformed.
  static Optional<ScopedSignature> inHeader(SignedRequest request) {
    Map<String, String> fields = AuthorizationFields.parse(request.headerOrEmpty("authorization"));
    String time = request.headerOrEmpty("x-oss-date");
    return ScopedSignature.credential(fields.getOrDefault("Credential", ""), DIALECT)
        .map(
            credential ->
                new ScopedSignature(
                    credential[0],
                    credential[1],
                    fields.getOrDefault("Signature", ""),
                    time,
                    Optional.empty()));
  }

  /// The signature of a presigned URL; empty if malformed.
  static Optional<ScopedSignature> inQuery(SignedRequest request) {
    return Lifetime.parse(request.query().getOrDefault("x-oss-expires", ""))
        .flatMap(
            lifetime ->
                ScopedSignature.credential(
                        request.query().getOrDefault("x-oss-credential", ""), DIALECT)
                    .map(
                        credential ->
                            new ScopedSignature(
                                credential[0],
                                credential[1],
                                request.query().getOrDefault("x-oss-signature", ""),
                                request.query().getOrDefault("x-oss-date", ""),
                                Optional.<Duration>of(lifetime))));
  }

  static String canonicalRequest(SignedRequest request) {
    String additional =
        request
            .query()
            .getOrDefault(
                "x-oss-additional-headers",
                AuthorizationFields.parse(request.headerOrEmpty("authorization"))
                    .getOrDefault("AdditionalHeaders", ""));
    List<String> additionalNames =
        additional.isEmpty()
            ? List.of()
            : Arrays.stream(additional.toLowerCase(Locale.ROOT).split(";")).sorted().toList();
    StringBuilder headers = new StringBuilder();
    new TreeMap<>(request.headers())
        .forEach(
            (name, value) -> {
              if (!value.isEmpty()
                  && (name.startsWith("x-oss-")
                      || name.equals("content-type")
                      || name.equals("content-md5")
                      || additionalNames.contains(name))) {
                headers.append(name).append(':').append(value).append('\n');
              }
            });
    String bucket = request.bucket().isEmpty() ? "/" : "/" + request.bucket() + "/";
    return String.join(
        "\n",
        request.method(),
        PercentEncoding.encodePath(bucket + request.key()),
        ScopedSignature.canonicalQuery(request.query(), "x-oss-signature", ""),
        headers,
        String.join(";", additionalNames),
        request.headers().getOrDefault("x-oss-content-sha256", "UNSIGNED-PAYLOAD"));
  }
}
