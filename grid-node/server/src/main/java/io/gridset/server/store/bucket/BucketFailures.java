package io.gridset.server.store.bucket;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.store.range.HttpRefusals;
import io.gridset.server.store.range.Refusals;
import io.gridset.server.store.range.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the error codes that OSS and S3 share mean, in messages that name the field to mend.
///
/// @param endpoint where requests go, for messages
public record BucketFailures(
    BucketLocation location, String endpoint, Fields fields, InstantSource clock)
    implements Refusals {
  private static final Pattern CODE = Pattern.compile("<Code>([A-Za-z0-9._-]{1,80})</Code>");

  private static final Set<String> THROTTLING =
      Set.of(
          "SlowDown",
          "SlowDownRead",
          "TooManyRequests",
          "RequestLimitExceeded",
          "QpsLimitExceeded",
          "DownloadTrafficRateLimitExceeded");

  /// How the fields to mend are called in a manifest.
  public record Fields(String endpoint, String region, String keyId, String secret) {}

  /// An error answer.
  ///
  /// @param code the vendor's code, empty when there was none (a HEAD has no body)
  public record Failure(int status, String code, @Nullable Duration retryAfter) {}

  @Override
  public StorageException refusal(String what, ResponseHead head, byte[] body) {
    Matcher code = CODE.matcher(new String(body, StandardCharsets.UTF_8));
    return translate(
        what,
        new Failure(
            head.status(), code.find() ? code.group(1) : "", HttpRefusals.retryAfter(head, clock)));
  }

  public StorageException translate(String what, Failure failure) {
    String answer =
        what + ": " + endpoint + " answered " + (failure.status() + " " + failure.code()).strip();
    return switch (failure.code()) {
      case "NoSuchBucket" -> missingBucket();
      case "InvalidAccessKeyId",
          "InvalidAccessKeyIdException",
          "SignatureDoesNotMatch",
          "InvalidSecurityToken",
          "SecurityTokenExpired",
          "ExpiredToken",
          "InvalidToken",
          "AccessDenied",
          "UserDisable",
          "AllAccessDisabled" ->
          denied(what, remedy(failure.code()));
      // About this machine, not about the credentials: another member may well be served.
      case "RequestTimeTooSkewed" ->
          StorageException.of(
              Kind.UNAVAILABLE,
              what + ": this machine's clock differs from the store's: set it (timedatectl)");
      case "PermanentRedirect",
          "TemporaryRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "SecondLevelDomainForbidden" ->
          elsewhere(answer);
      case "InvalidObjectState" ->
          StorageException.of(
              Kind.UNSUPPORTED, what + " is archived: restore it in the store first");
      default -> byStatus(what, answer, failure);
    };
  }

  private StorageException missingBucket() {
    return StorageException.of(
        Kind.NOT_FOUND,
        "bucket "
            + location.bucket()
            + " does not exist at "
            + endpoint
            + ": check mountPoint and options "
            + fields.endpoint());
  }

  /// What to do about a code that means that access was denied.
  private String remedy(String code) {
    return switch (code) {
      case "InvalidAccessKeyId", "InvalidAccessKeyIdException" ->
          "the access key id is not known to "
              + endpoint
              + ": check encryptOptions "
              + fields.keyId();
      case "SignatureDoesNotMatch" ->
          "the signature is wrong, so the secret is: check encryptOptions " + fields.secret();
      case "InvalidSecurityToken", "SecurityTokenExpired", "ExpiredToken", "InvalidToken" ->
          "the session token is wrong or has expired: renew the credentials";
      default ->
          "the credentials in encryptOptions "
              + fields.keyId()
              + " are not permitted to do that with bucket "
              + location.bucket();
    };
  }

  private StorageException byStatus(String what, String answer, Failure failure) {
    int status = failure.status();
    if (status == 429 || status == 503 || THROTTLING.contains(failure.code())) {
      return StorageException.throttled(answer + " (slow down)", failure.retryAfter());
    }
    if (status == 401 || status == 403) {
      return denied(
          what,
          "access is refused: check encryptOptions "
              + fields.keyId()
              + " and "
              + fields.secret()
              + ", and what they are permitted to read");
    }
    if (status == 404 || status == 410) {
      return StorageException.of(Kind.NOT_FOUND, what + " does not exist");
    }
    if (status == 412) {
      return StorageException.of(Kind.CHANGED, what + " was replaced by another version");
    }
    if (status >= 500 || status == 408) {
      return StorageException.retryable(Kind.UNAVAILABLE, answer);
    }
    if (status >= 300 && status < 400) {
      return elsewhere(answer);
    }
    return StorageException.of(
        Kind.INVALID, answer + ": check mountPoint and options " + fields.endpoint());
  }

  private static StorageException denied(String what, String why) {
    return StorageException.of(Kind.ACCESS_DENIED, what + ": " + why);
  }

  private StorageException elsewhere(String answer) {
    return StorageException.of(
        Kind.INVALID,
        answer
            + ": the bucket is served elsewhere; check options "
            + fields.endpoint()
            + " and "
            + fields.region());
  }
}
