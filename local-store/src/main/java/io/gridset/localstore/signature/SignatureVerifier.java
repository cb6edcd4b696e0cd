package io.gridset.localstore.signature;

import io.gridset.localstore.signature.Verdict.Reason;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Checks the signature of a request, whichever of the six forms it bears. Immutable, thread-safe.
public final class SignatureVerifier {
  private final Map<String, Credentials> credentials = new LinkedHashMap<>();
  private final InstantSource clock;

  public SignatureVerifier(List<Credentials> credentials, InstantSource clock) {
    credentials.forEach(each -> this.credentials.put(each.accessKeyId(), each));
    this.clock = clock;
  }

  /// Whether everybody may read and write, no key being configured.
  public boolean isOpen() {
    return credentials.isEmpty();
  }

  public Verdict verify(SignedRequest request) {
    String authorization = request.headerOrEmpty("authorization");
    if (authorization.startsWith(OssV4.DIALECT.algorithm())) {
      return scoped(request, OssV4.DIALECT, OssV4.inHeader(request));
    }
    if (authorization.startsWith(AwsV4.DIALECT.algorithm())) {
      return scoped(request, AwsV4.DIALECT, AwsV4.inHeader(request));
    }
    if (authorization.startsWith("OSS ")) {
      return ossHeader(request, authorization.substring(4).strip());
    }
    if (!authorization.isEmpty()) {
      return new Verdict.Refused(Reason.MALFORMED, "Authorization is of no form known here.");
    }
    if (request.query().has("x-oss-signature")) {
      return scoped(request, OssV4.DIALECT, OssV4.inQuery(request));
    }
    if (request.query().has("X-Amz-Signature")) {
      return scoped(request, AwsV4.DIALECT, AwsV4.inQuery(request));
    }
    if (request.query().has("OSSAccessKeyId")) {
      return ossQuery(request);
    }
    return new Verdict.Unsigned();
  }

  private Verdict scoped(
      SignedRequest request, ScopedSignature.Dialect dialect, Optional<ScopedSignature> found) {
    if (found.isEmpty()) {
      return new Verdict.Refused(Reason.MALFORMED, "The signature's fields are malformed.");
    }
    ScopedSignature signature = found.get();
    Optional<Verdict.Refused> late = signature.judgeTime(clock.instant());
    if (late.isPresent()) {
      return late.get();
    }
    String canonical =
        dialect.equals(OssV4.DIALECT)
            ? OssV4.canonicalRequest(request)
            : AwsV4.canonicalRequest(request);
    return judge(
        request,
        signature.accessKeyId(),
        signature.signature(),
        secret -> signature.expected(dialect, secret, canonical));
  }

  private Verdict ossHeader(SignedRequest request, String value) {
    int colon = value.indexOf(':');
    if (colon <= 0) {
      return new Verdict.Refused(Reason.MALFORMED, "Authorization is not 'OSS id:signature'.");
    }
    String date = OssV1.date(request);
    Optional<Verdict.Refused> late = OssV1.judgeDate(date, clock.instant());
    return late.isPresent()
        ? late.get()
        : judge(
            request,
            value.substring(0, colon),
            value.substring(colon + 1),
            secret -> OssV1.signature(secret, request, date));
  }

  private Verdict ossQuery(SignedRequest request) {
    String expires = request.query().getOrDefault("Expires", "");
    try {
      if (clock.instant().isAfter(Instant.ofEpochSecond(Long.parseLong(expires)))) {
        return new Verdict.Refused(Reason.EXPIRED, "Request has expired.");
      }
    } catch (NumberFormatException _) {
      return new Verdict.Refused(Reason.MALFORMED, "Expires is not a number of seconds.");
    }
    return judge(
        request,
        request.query().getOrDefault("OSSAccessKeyId", ""),
        request.query().getOrDefault("Signature", ""),
        secret -> OssV1.signature(secret, request, expires));
  }

  /// Computes the signature that a secret yields.
  @FunctionalInterface
  private interface Signing {
    String sign(String secret);
  }

  private Verdict judge(SignedRequest request, String accessKeyId, String given, Signing signing) {
    Credentials known = credentials.get(accessKeyId);
    if (known == null) {
      return credentials.isEmpty()
          ? new Verdict.Valid(accessKeyId)
          : new Verdict.Refused(
              Reason.UNKNOWN_KEY, "The access key ID you provided does not exist in our records.");
    }
    if (!Digests.same(signing.sign(known.secret()), given)) {
      return new Verdict.Refused(
          Reason.WRONG_SIGNATURE,
          "The request signature we calculated does not match the signature you provided."
              + " Check your key and signing method.");
    }
    if (known.securityToken().isPresent() && !known.securityToken().get().equals(token(request))) {
      return new Verdict.Refused(Reason.WRONG_TOKEN, "The security token you provided is invalid.");
    }
    return new Verdict.Valid(accessKeyId);
  }

  /// Where the dialects put the STS token. The bare `security-token` header is what OSS' Java SDK
  /// v2 sends with V1 signatures.
  private static String token(SignedRequest request) {
    for (String name : List.of("x-oss-security-token", "x-amz-security-token", "security-token")) {
      String value = request.header(name);
      if (value != null) {
        return value;
      }
    }
    for (String name : List.of("x-oss-security-token", "X-Amz-Security-Token", "security-token")) {
      String value = request.query().get(name);
      if (value != null) {
        return value;
      }
    }
    return "";
  }
}
