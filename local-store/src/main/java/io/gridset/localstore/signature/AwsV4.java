package io.gridset.localstore.signature;

import io.gridset.localstore.http.PercentEncoding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// AWS Signature Version 4 as S3 applies it (path encoded once, never normalised), in the header or
/// a presigned URL: "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference.
final class AwsV4 {
  static final ScopedSignature.Dialect DIALECT =
      new ScopedSignature.Dialect("AWS4-HMAC-SHA256", "AWS4", "aws4_request");

  private AwsV4() {}

  static Optional<ScopedSignature> inHeader(SignedRequest request) {
    Map<String, String> fields = AuthorizationFields.parse(request.headerOrEmpty("authorization"));
    return ScopedSignature.credential(fields.getOrDefault("Credential", ""), DIALECT)
        .map(
            credential ->
                new ScopedSignature(
                    credential[0],
                    credential[1],
                    fields.getOrDefault("Signature", ""),
                    request.headerOrEmpty("x-amz-date"),
                    Optional.empty()));
  }

  static Optional<ScopedSignature> inQuery(SignedRequest request) {
    return Lifetime.parse(request.query().getOrDefault("X-Amz-Expires", ""))
        .flatMap(
            lifetime ->
                ScopedSignature.credential(
                        request.query().getOrDefault("X-Amz-Credential", ""), DIALECT)
                    .map(
                        credential ->
                            new ScopedSignature(
                                credential[0],
                                credential[1],
                                request.query().getOrDefault("X-Amz-Signature", ""),
                                request.query().getOrDefault("X-Amz-Date", ""),
                                Optional.of(lifetime))));
  }

  static String canonicalRequest(SignedRequest request) {
    boolean presigned = request.query().has("X-Amz-Signature");
    String signedNames =
        presigned
            ? request.query().getOrDefault("X-Amz-SignedHeaders", "host")
            : AuthorizationFields.parse(request.headerOrEmpty("authorization"))
                .getOrDefault("SignedHeaders", "");
    List<String> names = Arrays.asList(signedNames.split(";"));
    StringBuilder headers = new StringBuilder();
    for (String name : names) {
      String value = request.headerOrEmpty(name).replaceAll(" +", " ").strip();
      headers.append(name).append(':').append(value).append('\n');
    }
    String payload = request.headers().getOrDefault("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    return String.join(
        "\n",
        request.method(),
        PercentEncoding.encodePath(request.path()),
        ScopedSignature.canonicalQuery(request.query(), "X-Amz-Signature", "="),
        headers,
        signedNames,
        payload);
  }
}
